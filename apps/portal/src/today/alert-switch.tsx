import { Button } from '@anteroom/ui';
import { useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { areAlertsWanted, notificationPermission, switchAlerts } from '../frame/alerts.ts';
import { useTell } from '../frame/said.tsx';
import { OnOff } from '../parts/on-off.tsx';
import { useWords } from '../words.tsx';

/** Switches sound and desktop notification on arrivals; asks for what the browser wants asked. */
export function AlertSwitch() {
  const { say } = useWords();
  const tell = useTell();
  const [isOn, setOn] = useState(areAlertsWanted);
  const [permission, setPermission] = useState(notificationPermission);

  function change(isWanted: boolean): void {
    setOn(isWanted);
    switchAlerts(isWanted);
    if (isWanted && permission === 'denied') tell(say('alerts.blocked'));
  }
  return (
    <>
      <ToggleButton
        className="button button-small"
        isSelected={isOn}
        onChange={change}
        aria-describedby="alerts-hint"
      >
        {say('alerts.name')}
        <OnOff isOn={isOn} />
      </ToggleButton>
      <span hidden id="alerts-hint">
        {say('alerts.hint')}
      </span>
      {isOn && permission === 'default' && (
        <Button
          className="button-small for-desktops"
          onClick={() => void Notification.requestPermission().then(setPermission)}
        >
          {say('alerts.allow')}
        </Button>
      )}
    </>
  );
}
