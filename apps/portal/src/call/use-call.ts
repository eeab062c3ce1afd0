import { type Call, openCall } from '@anteroom/call';
import { type Devices, openDevices } from '@anteroom/call/devices';
import { useEffect, useState } from 'react';
import { fetchTicket, socketUrl } from '../frame/live.tsx';

export interface OpenRoom {
  call: Call;
  devices: Devices;
}

interface Wanted {
  camera: boolean;
  microphone: boolean;
}

/**
 * Opens the room of an appointment and this agent's devices, for as long as the page is shown: the
 * other side's connection is prepared from then on. Null until that has begun.
 */
export function useCall(id: string, { camera, microphone }: Wanted): OpenRoom | null {
  const [room, setRoom] = useState<OpenRoom | null>(null);
  useEffect(() => {
    const devices = openDevices();
    const call = openCall({
      role: 'agent',
      fetchTicket: () => fetchTicket(`/appointments/${id}/ticket`),
      socketUrl: socketUrl(),
      devices,
    });
    void devices.open({ camera, microphone });
    setRoom({ call, devices });
    return () => {
      call.leave();
      devices.close();
    };
  }, [id, camera, microphone]);
  return room;
}
