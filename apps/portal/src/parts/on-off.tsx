import { useWords } from '../words.tsx';

/** The state of a toggle for who sees it; `aria-pressed` tells it to who does not. */
export function OnOff({ isOn }: { isOn: boolean }) {
  const { say } = useWords();
  return (
    <span className="on-off" aria-hidden="true">
      {say(isOn ? 'app.on' : 'app.off')}
    </span>
  );
}
