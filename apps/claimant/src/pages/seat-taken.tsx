import { Button } from '@anteroom/ui';
import { useLocation } from 'wouter';
import { useParts } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { paths } from '../visit/stage.ts';
import { useWords } from '../words.tsx';

/** Another device of the same person goes on; this one can ask for it back. */
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
