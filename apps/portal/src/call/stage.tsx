import type { CallSnapshot, Other } from '@anteroom/call';
import { useStore } from '@anteroom/call/react';
import type { DayAppointment } from '@anteroom/contract';
import { minutesBetween, useNow } from '../session.ts';
import { useWords } from '../words.tsx';
import { Door } from './door.tsx';
import { Duration } from './duration.tsx';
import { Picture } from './picture.tsx';
import { sceneOf } from './scene.ts';
import type { OpenRoom } from './use-call.ts';

interface StageProps {
  appointment: DayAppointment;
  snapshot: CallSnapshot;
  room: OpenRoom;
}

/** The big picture, or what stands in its place; one's own picture in the corner. */
export function Stage({ appointment, snapshot, room }: StageProps) {
  const devices = useStore(room.devices);
  const { say } = useWords();
  const scene = sceneOf(snapshot, appointment);
  return (
    <>
      {scene === 'talking' && <People others={snapshot.others} speakerId={devices.speakerId} />}
      <Scenery appointment={appointment} snapshot={snapshot} room={room} />
      {devices.picture && (
        <Picture className="own" stream={devices.picture} label={say('call.you')} isOwn />
      )}
    </>
  );
}

/** Everybody else, the claimant largest. */
function People({ others, speakerId }: { others: readonly Other[]; speakerId: string | null }) {
  const { say } = useWords();
  const here = others.filter(({ stream }) => stream);
  return (
    <div className="people" data-count={here.length}>
      {here.map(({ id, role, name, stream, hasPicture }) => (
        <div key={id} className="person" data-role={role}>
          <Picture className="person-picture" stream={stream} label={name} speakerId={speakerId} />
          {!hasPicture && <p className="person-dark">{say('call.noPicture', { name })}</p>}
          <p className="person-name">{name}</p>
        </div>
      ))}
    </div>
  );
}

/** What is said where there is no picture. Changes are read out. */
function Scenery({ appointment, snapshot, room }: StageProps) {
  const { say, sayMinutes } = useWords();
  const now = useNow();
  const { name } = appointment.claimant;
  const scene = sceneOf(snapshot, appointment);
  switch (scene) {
    case 'talking':
      return null;
    case 'door':
      return <Door appointment={appointment} snapshot={snapshot} call={room.call} />;
    case 'held':
      return (
        <div className="scenery" role="status">
          <p className="scenery-title">
            {say('status.on_hold')}{' '}
            {snapshot.room?.hold && <Duration since={snapshot.room.hold.since} />}
          </p>
          {snapshot.room?.hold?.reason && (
            <p>{say('call.onHoldReason', { reason: snapshot.room.hold.reason })}</p>
          )}
          <p>{say('call.onHoldHint', { name })}</p>
        </div>
      );
    case 'empty': {
      const lateMinutes = minutesBetween(appointment.appointment_at, now);
      return (
        <div className="scenery" role="status">
          <p className="scenery-title">{say('call.notYet', { name })}</p>
          <p>
            {lateMinutes > 0
              ? say('call.late', { wait: sayMinutes(lateMinutes) })
              : say('call.notYetHint', { name })}
          </p>
        </div>
      );
    }
    case 'refused':
      return (
        <div className="scenery" role="alert">
          <p className="scenery-title">{say('call.refused')}</p>
          <p>{say('call.refusedHint')}</p>
        </div>
      );
    default:
      return (
        <div className="scenery" role="status">
          <p className="scenery-title">
            {scene === 'opening' ? say('call.opening') : say('call.connecting', { name })}
          </p>
        </div>
      );
  }
}
