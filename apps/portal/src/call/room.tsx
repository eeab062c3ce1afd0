import { useStore } from '@anteroom/call/react';
import type { DayAppointment } from '@anteroom/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { appointmentQuery } from '../queries.ts';
import { useWords } from '../words.tsx';
import { Afterwards } from './afterwards.tsx';
import { Controls } from './controls.tsx';
import { Left } from './left.tsx';
import { isRoomOver } from './scene.ts';
import { Side } from './side.tsx';
import { Stage } from './stage.tsx';
import { TopLine } from './top-line.tsx';
import { TroubleLine } from './trouble-line.tsx';
import type { OpenRoom } from './use-call.ts';

interface RoomProps {
  appointment: DayAppointment;
  room: OpenRoom;
}

/** Everything that is seen of a room while it is open, and the notes when it is over. */
export function Room({ appointment, room }: RoomProps) {
  const { say } = useWords();
  const client = useQueryClient();
  const snapshot = useStore(room.call);
  const { id } = appointment;
  const isOver = isRoomOver(snapshot);
  useEffect(() => {
    if (!isOver) return;
    room.devices.close();
    void client.invalidateQueries({ queryKey: appointmentQuery(id).queryKey });
  }, [isOver, client, id, room]);

  if (isOver)
    return <Afterwards appointment={appointment} status={snapshot.room?.status ?? null} />;
  if (snapshot.connection === 'left') return <Left devices={room.devices} />;
  return (
    <main className="call" id="main" tabIndex={-1}>
      <TopLine appointment={appointment} snapshot={snapshot} />
      <TroubleLine appointment={appointment} snapshot={snapshot} call={room.call} />
      <section className="stage" aria-label={say('call.stage')}>
        <Stage appointment={appointment} snapshot={snapshot} room={room} />
      </section>
      <Controls appointment={appointment} snapshot={snapshot} room={room} />
      <Side appointment={appointment} devices={room.devices} />
    </main>
  );
}
