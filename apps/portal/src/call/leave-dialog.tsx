import { Button, Dialog } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Fault } from '../parts/fault.tsx';
import { useIsHost } from '../session.ts';
import { useWords } from '../words.tsx';
import type { CallDialogProps } from './hold-dialog.tsx';

/** The two ways out of a call, told apart: for everyone, or for oneself alone. */
export function LeaveDialog({ call, hasBegun, onClose }: CallDialogProps) {
  const { say } = useWords();
  const navigate = useNavigate();
  const isHost = useIsHost();
  // A host has nowhere else to go.
  const leave = () => (isHost ? call.leave() : void navigate({ to: '/portal' }));
  const end = useMutation({ mutationFn: () => call.end(), onSuccess: onClose });
  return (
    <Dialog isOpen title={say('call.leaveTitle')} onClose={onClose}>
      <Fault error={end.error} />
      {hasBegun && (
        <div className="choice">
          <Button kind="danger" isBusy={end.isPending} onClick={() => end.mutate()}>
            {say('call.end')}
          </Button>
          <p className="quiet">{say('call.endHint')}</p>
        </div>
      )}
      <div className="choice">
        <Button onClick={leave}>{say(hasBegun ? 'call.leaveOnly' : 'call.close')}</Button>
        <p className="quiet">{say(hasBegun ? 'call.leaveOnlyHint' : 'call.closeHint')}</p>
      </div>
      <div className="dialog-actions">
        <Button kind="quiet" onClick={onClose}>
          {say('call.stay')}
        </Button>
      </div>
    </Dialog>
  );
}
