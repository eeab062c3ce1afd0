import type { DayAppointment } from '@anteroom/contract';
import { useTitle } from '../parts/use-title.ts';
import { useWords } from '../words.tsx';
import { Room } from './room.tsx';
import { useCall } from './use-call.ts';

/** The room of an appointment: from the door to the notes afterwards. */
export function CallScreen({ appointment }: { appointment: DayAppointment }) {
  const { say } = useWords();
  useTitle(say('call.title'));
  const room = useCall(appointment.id, {
    camera: appointment.features_webcam_access_agent_enable,
    microphone: appointment.features_microphone_access_enable,
  });
  return room && <Room appointment={appointment} room={room} />;
}
