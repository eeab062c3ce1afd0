import { Button, buttonClass, Dialog, Notice } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useCommand } from '../commands.ts';
import { useTell } from '../frame/said.tsx';
import { useWords } from '../words.tsx';
import type { CallDialogProps } from './hold-dialog.tsx';
import { sayWhyNot } from './say-why-not.ts';

/** The way out when video does not work: by phone, and noted as such. */
export function RingDialog({ call, appointment, hasBegun, onClose }: CallDialogProps) {
  const words = useWords();
  const { say } = words;
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
      {record.error && (
        <Notice tone="bad" live="assertive">
          {sayWhyNot(record.error, words)}
        </Notice>
      )}
      <div className="dialog-actions">
        <Button onClick={onClose}>{say('app.back')}</Button>
        <Button isBusy={record.isPending} onClick={() => record.mutate()}>
          {say(hasBegun ? 'call.ringDoneEnd' : 'call.ringDone')}
        </Button>
      </div>
    </Dialog>
  );
}
