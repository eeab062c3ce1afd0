import { Button, buttonClass, Dialog } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useCommand } from '../commands.ts';
import { useTell } from '../frame/said.tsx';
import { Fault } from '../parts/fault.tsx';
import { useWords } from '../words.tsx';
import type { CallDialogProps } from './hold-dialog.tsx';

/** The way out when video does not work: by phone, and noted as such. */
export function RingDialog({ call, appointment, hasBegun, onClose }: CallDialogProps) {
  const { say } = useWords();
  const tell = useTell();
  const command = useCommand(appointment.id);
  const phone = appointment.claimant.phone_number;
  const record = useMutation({
    mutationFn: async () => {
      await command.mutateAsync({ action: 'outcome', body: { outcome: 'by_phone' } });
      if (hasBegun) await call.end();
    },
    onSuccess: () => {
      tell(say('call.ringNoted'));
      onClose();
    },
  });
  return (
    <Dialog isOpen title={say('call.ringTitle')} onClose={onClose}>
      {phone ? (
        <>
          <p className="quiet">{say('call.ringHint')}</p>
          <a className={buttonClass('primary')} href={`tel:${phone}`}>
            {say('row.ring', { phone })}
          </a>
        </>
      ) : (
        <p>{say('call.ringNoNumber')}</p>
      )}
      <Fault error={record.error} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{say('app.back')}</Button>
        <Button isBusy={record.isPending} onClick={() => record.mutate()}>
          {say(hasBegun ? 'call.ringDoneEnd' : 'call.ringDone')}
        </Button>
      </div>
    </Dialog>
  );
}
