import type { Call } from '@anteroom/call';
import type { DayAppointment } from '@anteroom/contract';
import { Button, Dialog } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Fault } from '../parts/fault.tsx';
import { TextEntry } from '../parts/text-entry.tsx';
import { useWords } from '../words.tsx';

export interface CallDialogProps {
  call: Call;
  appointment: DayAppointment;
  /** There has been a call: it can be ended (contract section 4). */
  hasBegun: boolean;
  onClose(): void;
}

const reasons = [
  'call.holdReasonLookUp',
  'call.holdReasonColleague',
  'call.holdReasonInterpreter',
] as const;

const longestReason = 200;

/** Puts the call on hold, with a reason that the claimant reads. */
export function HoldDialog({ call, appointment, onClose }: CallDialogProps) {
  const { say } = useWords();
  const { name } = appointment.claimant;
  const [reason, setReason] = useState('');
  const hold = useMutation({
    mutationFn: () => call.hold(reason.trim() || null),
    onSuccess: onClose,
  });
  return (
    <Dialog isOpen title={say('call.holdTitle')} onClose={onClose}>
      <p className="quiet">{say('call.holdHint', { name })}</p>
      <div className="row">
        {reasons.map((key) => (
          <Button key={key} className="button-small" onClick={() => setReason(say(key))}>
            {say(key)}
          </Button>
        ))}
      </div>
      <TextEntry
        label={say('call.holdReason', { name })}
        value={reason}
        onChange={setReason}
        maxLength={longestReason}
      />
      <Fault error={hold.error} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{say('app.back')}</Button>
        <Button kind="primary" isBusy={hold.isPending} onClick={() => hold.mutate()}>
          {say('call.holdDo')}
        </Button>
      </div>
    </Dialog>
  );
}
