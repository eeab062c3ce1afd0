import type { Call, CallSnapshot } from '@anteroom/call';
import type { DayAppointment } from '@anteroom/contract';
import { Button } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useCommand } from '../commands.ts';
import { Fault } from '../parts/fault.tsx';
import { Marks } from '../parts/marks.tsx';
import { Ring } from '../parts/ring.tsx';
import { useIsHost, useSession } from '../session.ts';
import { useWords } from '../words.tsx';

interface DoorProps {
  appointment: DayAppointment;
  snapshot: CallSnapshot;
  call: Call;
}

/**
 * Somebody is at the door. The name is read before anybody is let in; whoever is not verified only
 * comes in when the agent says that they have made sure.
 */
export function Door({ appointment, snapshot, call }: DoorProps) {
  const { say, sayTime } = useWords();
  const zone = useSession().organisation.time_zone;
  const [isSure, setSure] = useState(false);
  const isHost = useIsHost();
  const vouch = useCommand(appointment.id);
  const { claimant, reference } = appointment;
  const { name } = claimant;
  const isVerified = snapshot.room?.status !== 'scheduled';
  const isOnPage = snapshot.room?.people.some(({ role }) => role === 'claimant');
  const admit = useMutation({
    mutationFn: async () => {
      if (!isVerified) await vouch.mutateAsync({ action: 'arrive' });
      await call.admit();
    },
  });
  return (
    <div className="door card stack">
      <div role="status">
        <h2>
          {!isVerified
            ? say('call.knocking')
            : isOnPage
              ? say('call.waiting', { name })
              : say('call.waitingAway', { name })}
        </h2>
      </div>
      <p className="quiet">
        {isVerified
          ? say('call.admitHint', {
              name,
              time: sayTime(appointment.appointment_at, zone),
              reference,
            })
          : say('call.knockingHint', { name })}
      </p>
      <Marks appointment={appointment} />
      {!isVerified && isHost && <p>{say('call.knockingHost')}</p>}
      {!isVerified && !isHost && (
        <>
          <Ring phone={claimant.phone_number} />
          <label className="tick">
            <input
              type="checkbox"
              checked={isSure}
              onChange={({ currentTarget }) => setSure(currentTarget.checked)}
            />
            {say('call.confirm', { name })}
          </label>
        </>
      )}
      <Fault error={admit.error} />
      {(isVerified || !isHost) && (
        <Button
          kind="primary"
          disabled={!isVerified && !isSure}
          isBusy={admit.isPending}
          onClick={() => admit.mutate()}
        >
          {say('call.admit', { name })}
        </Button>
      )}
    </div>
  );
}
