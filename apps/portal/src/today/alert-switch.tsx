import { useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { areAlertsWanted, areNotificationsBlocked, switchAlerts } from '../frame/alerts.ts';
import { useTell } from '../frame/said.tsx';
import { OnOff } from '../parts/on-off.tsx';
import { useWords } from '../words.tsx';

/** Switches sound and desktop notification on arrivals. */
export function AlertSwitch() {
  const { say } = useWords();
  const tell = useTell();
  const [isOn, setOn] = useState(areAlertsWanted);
  async function change(isWanted: boolean): Promise<void> {
    setOn(isWanted);
    await switchAlerts(isWanted);
    if (isWanted && areNotificationsBlocked()) tell(say('alerts.blocked'));
  }
  return (
    <>
      <ToggleButton
        className="button button-small"
        isSelected={isOn}
        onChange={(isWanted) => void change(isWanted)}
        aria-describedby="alerts-hint"
      >
        {say('alerts.name')}
        <OnOff isOn={isOn} />
      </ToggleButton>
      <span hidden id="alerts-hint">
        {say('alerts.hint')}
      </span>
    </>
  );
}
