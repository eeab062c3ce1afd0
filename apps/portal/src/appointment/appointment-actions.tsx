import type { DayAppointment } from '@anteroom/contract';
import { Button, buttonClass } from '@anteroom/ui';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useCommand } from '../commands.ts';
import { isRoomOpen, mayBeNoShow } from '../day.ts';
import { useTell } from '../frame/said.tsx';
import { useMay, useNow } from '../session.ts';
import { useWords } from '../words.tsx';
import { ReasonDialog } from './reason-dialog.tsx';

type Asked = 'cancel' | 'correct' | 'arrive';

/** What can be done with an appointment as it stands, by whoever looks at it. */
export function AppointmentActions({ appointment }: { appointment: DayAppointment }) {
  const { say, explain } = useWords();
  const now = useNow();
  const tell = useTell();
  const mayCall = useMay('calls:take');
  const maySettle = useMay('appointments:settle');
  const maySchedule = useMay('appointments:schedule');
  const command = useCommand(appointment.id);
  const [asked, setAsked] = useState<Asked | null>(null);
  const { id, status, session_started_at, claimant } = appointment;
  const isBefore = ['scheduled', 'waiting'].includes(status) && !session_started_at;
  const close = () => setAsked(null);
  const { name } = claimant;
  return (
    <div className="row detail-actions">
      {mayCall && isRoomOpen(appointment, now) && (
        <Link className={buttonClass('primary')} to="/portal/appointments/$id/call" params={{ id }}>
          {say(['in_progress', 'on_hold'].includes(status) ? 'row.return' : 'row.open')}
        </Link>
      )}
      {maySettle && status === 'scheduled' && (
        <Button onClick={() => setAsked('arrive')}>{say('appointment.arrive')}</Button>
      )}
      {maySettle && mayBeNoShow(appointment, now) && (
        <Button
          isBusy={command.isPending}
          onClick={() =>
            command.mutate({ action: 'mark-no-show' }, { onError: (error) => tell(explain(error)) })
          }
        >
          {say('appointment.noShow')}
        </Button>
      )}
      {maySettle && status === 'no_show' && (
        <Button onClick={() => setAsked('correct')}>{say('appointment.correct')}</Button>
      )}
      {maySchedule && isBefore && (
        <Link className={buttonClass()} to="/portal/appointments/$id/change" params={{ id }}>
          {say('appointment.change')}
        </Link>
      )}
      {maySettle && isBefore && (
        <Button kind="danger" onClick={() => setAsked('cancel')}>
          {say('appointment.cancel')}
        </Button>
      )}
      {asked === 'cancel' && (
        <ReasonDialog
          id={id}
          action="cancel"
          title={say('appointment.cancelTitle')}
          hint={say('appointment.cancelHint', { name })}
          label={say('appointment.cancelReason', { name })}
          doLabel={say('appointment.cancelDo')}
          keepLabel={say('appointment.keep')}
          onClose={close}
        />
      )}
      {asked === 'correct' && (
        <ReasonDialog
          id={id}
          action="correct"
          title={say('appointment.correctTitle')}
          hint={say('appointment.correctHint')}
          label={say('appointment.correctReason')}
          doLabel={say('appointment.correctDo')}
          keepLabel={say('app.back')}
          onClose={close}
        />
      )}
      {asked === 'arrive' && (
        <ReasonDialog
          id={id}
          action="arrive"
          title={say('appointment.arriveTitle', { name })}
          hint={say('appointment.arriveHint')}
          doLabel={say('appointment.arriveDo')}
          keepLabel={say('app.back')}
          onClose={close}
        />
      )}
    </div>
  );
}
