import type { Call } from '@anteroom/call';
import { Button, Notice } from '@anteroom/ui';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useParts } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { paths } from '../visit/stage.ts';
import { useWords } from '../words.tsx';

/** Another device of the same person is there already; this one may go on instead. */
export function SeatQuestion({ call }: { call: Call | null }) {
  const { say } = useWords();
  const [isBusy, setBusy] = useState(false);
  const [hasFailed, setFailed] = useState(false);

  async function take() {
    setBusy(true);
    setFailed(false);
    try {
      await call?.takeSeat();
    } catch {
      // Refused, or the line is away: the button stays.
      setFailed(true);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Frame title={say('waiting.seatTitle')}>
      <div className="stack plain">
        <Heading>{say('waiting.seatTitle')}</Heading>
        <p className="lead">{say('waiting.seatText')}</p>
        {hasFailed && <Notice tone="bad" live="assertive" title={say('fault.other')} />}
        <Button kind="primary" className="wide" isBusy={isBusy} onClick={() => void take()}>
          {say('waiting.seatTake')}
        </Button>
      </div>
    </Frame>
  );
}

/** Another device of the same person goes on; this one can ask for the seat back. */
export function SeatTaken() {
  const { say } = useWords();
  const { leave } = useParts();
  const [, navigate] = useLocation();
  return (
    <Frame title={say('waiting.seatTitle')}>
      <div className="stack plain">
        <Heading>{say('waiting.seatTitle')}</Heading>
        <p className="lead">{say('waiting.seatTaken')}</p>
        <Button
          onClick={() => {
            leave();
            navigate(paths.summary);
          }}
        >
          {say('waiting.seatTake')}
        </Button>
      </div>
    </Frame>
  );
}
