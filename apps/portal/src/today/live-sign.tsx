import { useIsLive } from '../frame/live.tsx';
import { useWords } from '../words.tsx';

/** Whether the list keeps itself up to date. */
export function LiveSign() {
  const { say } = useWords();
  const isLive = useIsLive();
  return (
    <p className="live" role="status" title={say(isLive ? 'live.onHint' : 'live.offHint')}>
      <span className={`dot ${isLive ? 'dot-good' : 'dot-warning'}`} aria-hidden="true" />
      {say(isLive ? 'live.on' : 'live.off')}
    </p>
  );
}
