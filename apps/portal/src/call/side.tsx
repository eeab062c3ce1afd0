import type { Devices } from '@anteroom/call/devices';
import { useStore } from '@anteroom/call/react';
import type { DayAppointment } from '@anteroom/contract';
import { Facts } from '../appointment/facts.tsx';
import { NotesForm } from '../appointment/notes-form.tsx';
import { DeviceTrouble } from '../parts/device-trouble.tsx';
import { useMay } from '../session.ts';
import { useWords } from '../words.tsx';

interface SideProps {
  appointment: DayAppointment;
  devices: Devices;
}

/** What an agent wants beside the picture: what is wrong with their own devices, who this is, and room for notes. */
export function Side({ appointment, devices }: SideProps) {
  const { say } = useWords();
  const maySettle = useMay('appointments:settle');
  return (
    <aside className="call-side" aria-label={say('call.side')}>
      <DeviceTrouble devices={useStore(devices)} />
      <Facts appointment={appointment} />
      {maySettle && <NotesForm appointment={appointment} />}
    </aside>
  );
}
