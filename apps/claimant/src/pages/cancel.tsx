import { Button, Dialog, Field, Notice } from '@anteroom/ui';
import { useState } from 'react';
import { useDeed, useParts } from '../context.tsx';
import { useWords } from '../words.tsx';

/** “I cannot come”: asks once more, with the reason, which nobody has to give. */
export function Cancel() {
  const { say } = useWords();
  const { visits } = useParts();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const { isBusy, fault, run } = useDeed();
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)}>
        {say('summary.cancel')}
      </Button>
      <Dialog isOpen={isOpen} title={say('cancel.title')} onClose={() => setOpen(false)}>
        <p>{say('cancel.text')}</p>
        <Field
          label={say('cancel.reason')}
          isLong
          maxLength={1000}
          value={reason}
          onChange={setReason}
        />
        {fault && <Notice tone="bad" live="assertive" title={fault} />}
        <div className="row">
          <Button
            kind="danger"
            isBusy={isBusy}
            onClick={() =>
              void run(() =>
                visits.command('cancel', { cancellation_reason: reason.trim() || null }),
              )
            }
          >
            {say('cancel.confirm')}
          </Button>
          <Button onClick={() => setOpen(false)}>{say('cancel.keep')}</Button>
        </div>
      </Dialog>
    </>
  );
}
