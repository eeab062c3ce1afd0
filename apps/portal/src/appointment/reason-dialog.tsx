import { Button, Dialog } from '@anteroom/ui';
import { useState } from 'react';
import { type Action as ActionName, useCommand } from '../commands.ts';
import { Fault } from '../parts/fault.tsx';
import { TextEntry } from '../parts/text-entry.tsx';

interface ReasonDialogProps {
  /** Of the appointment. */
  id: string;
  action: ActionName;
  title: string;
  hint: string;
  /** Asks for a reason, which may be left out; none is asked for without it. */
  label?: string;
  doLabel: string;
  keepLabel: string;
  onClose(): void;
}

/** Asks once more before something that others notice, with a reason where one helps. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { id, action, title, hint, label, doLabel, keepLabel, onClose } = props;
  const command = useCommand(id);
  const [reason, setReason] = useState('');
  const body = label ? { reason: reason.trim() || null } : {};
  return (
    <Dialog isOpen title={title} onClose={onClose}>
      <p className="quiet">{hint}</p>
      {label && (
        <TextEntry label={label} isLong maxLength={1000} value={reason} onChange={setReason} />
      )}
      <Fault error={command.error} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{keepLabel}</Button>
        <Button
          kind={action === 'cancel' ? 'danger' : 'primary'}
          isBusy={command.isPending}
          onClick={() => command.mutate({ action, body }, { onSuccess: onClose })}
        >
          {doLabel}
        </Button>
      </div>
    </Dialog>
  );
}
