import type { Call, CallSnapshot } from '@anteroom/call';
import type { DayAppointment } from '@anteroom/contract';
import { Button } from '@anteroom/ui';
import { useSyncExternalStore } from 'react';
import { useWords } from '../words.tsx';

interface TroubleLineProps {
  appointment: DayAppointment;
  snapshot: CallSnapshot;
  call: Call;
}

/** What is wrong with the connection, in words, and that it is being mended. */
export function TroubleLine({ appointment, snapshot, call }: TroubleLineProps) {
  const { say } = useWords();
  const isOnline = useSyncExternalStore(followNetwork, () => navigator.onLine);
  const { name } = appointment.claimant;
  const sentence = !isOnline
    ? say('call.trouble.offline')
    : snapshot.connection === 'reconnecting'
      ? say('call.trouble.signalling')
      : snapshot.trouble && say(`call.trouble.${snapshot.trouble}`, { name });
  return (
    <div className="call-trouble" role="status">
      {sentence && <p>{sentence}</p>}
      {snapshot.room?.is_seat_asked && <p>{say('call.seatAsked', { name })}</p>}
      {snapshot.needsTap && (
        <Button kind="primary" onClick={() => call.goOn()}>
          {say('call.goOn')}
        </Button>
      )}
    </div>
  );
}

function followNetwork(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}
