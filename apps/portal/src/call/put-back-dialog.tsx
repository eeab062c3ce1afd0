import { Button, Dialog } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { Fault } from '../parts/fault.tsx';
import { useWords } from '../words.tsx';
import type { CallDialogProps } from './hold-dialog.tsx';

/** Returns the claimant to the waiting room, when the agent has said so twice. */
export function PutBackDialog({ call, appointment, onClose }: CallDialogProps) {
  const { say } = useWords();
  const { name } = appointment.claimant;
  const putBack = useMutation({ mutationFn: () => call.putBack(), onSuccess: onClose });
  return (
    <Dialog isOpen title={say('call.putBackTitle', { name })} onClose={onClose}>
      <p className="quiet">{say('call.putBackHint')}</p>
      <Fault error={putBack.error} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{say('app.back')}</Button>
        <Button kind="primary" isBusy={putBack.isPending} onClick={() => putBack.mutate()}>
          {say('call.putBack')}
        </Button>
      </div>
    </Dialog>
  );
}
