import { Button } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useTell } from '../frame/said.tsx';
import { ask } from '../http.ts';
import { useWords } from '../words.tsx';

const minutes = 10;

/** Tells everyone who waits, with one press, that it takes longer. */
export function TellWaiting() {
  const { say, explain } = useWords();
  const tell = useTell();
  const send = useMutation({
    mutationFn: () =>
      ask<{ count: number }>('POST', '/messages', {
        body: { kind: 'running_late', minutes, appointment_id: null },
      }),
    onSuccess: ({ count }) =>
      tell(count === 0 ? say('today.toldNobody') : say('today.told', { count })),
    onError: (error) => tell(explain(error)),
  });
  return (
    <Button
      className="button-small"
      isBusy={send.isPending}
      onClick={() => send.mutate()}
      aria-label={`${say('today.runningLate', { count: minutes })}. ${say('today.runningLateHint')}`}
    >
      {say('today.runningLate', { count: minutes })}
    </Button>
  );
}
