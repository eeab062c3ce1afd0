import type { Call, CallSnapshot } from '@anteroom/call';
import type { Devices, DevicesSnapshot } from '@anteroom/call/devices';
import type { Visit } from '@anteroom/contract';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useParts, useVisit } from './context.tsx';

const nothing = () => () => {};

/** Something of a store that may still be on its way; null until it is there. */
export function usePending<State>(
  store: { subscribe(listener: () => void): () => void; snapshot(): State } | null,
): State | null {
  return useSyncExternalStore(store?.subscribe ?? nothing, () => store?.snapshot() ?? null);
}

/** The appointment's room, and what the page knows of it; opened by the first page that asks. */
export function useRoom(): { call: Call | null; snapshot: CallSnapshot | null } {
  const parts = useParts();
  const [call, setCall] = useState<Call | null>(null);
  useEffect(() => {
    let isOver = false;
    void parts.call().then((opened) => !isOver && setCall(opened));
    return () => {
      isOver = true;
    };
  }, [parts]);
  const snapshot = usePending(call);
  useAgreement(snapshot);
  return { call, snapshot };
}

/** Reads the appointment again when the room says that it has become something else. */
function useAgreement(snapshot: CallSnapshot | null): void {
  const { visits } = useParts();
  const visit = useVisit();
  const room = snapshot?.room;
  const isOver = snapshot?.connection === 'over' || snapshot?.connection === 'refused';
  const differs =
    room !== null &&
    room !== undefined &&
    (room.status !== visit.status ||
      room.revision !== visit.revision ||
      room.is_admitted !== Boolean(visit.admitted_at));
  useEffect(() => {
    if (isOver || differs) void visits.refresh();
  }, [isOver, differs, visits]);
}

/** What the appointment's switches and the person's own choice allow. */
const wantedDevices = (visit: Visit) => ({
  camera: visit.features_webcam_access_claimant_enable && visit.device_check?.camera !== 'skipped',
  microphone: visit.features_microphone_access_enable,
});

/** The person's devices, open as the appointment wants them as long as `isWanted`. */
export function useDevices(isWanted = true): {
  devices: Devices | null;
  snapshot: DevicesSnapshot | null;
} {
  const parts = useParts();
  const visit = useVisit();
  const { camera, microphone } = wantedDevices(visit);
  const [devices, setDevices] = useState<Devices | null>(null);
  useEffect(() => {
    if (!isWanted) return;
    let isOver = false;
    void parts.devices().then((opened) => {
      if (isOver) return;
      setDevices(opened);
      const now = opened.snapshot();
      // What was opened or switched off on another page stays as it is.
      const isFresh = now.camera === 'off' && now.microphone === 'off' && !now.microphoneTrack;
      if (isFresh) void opened.open({ camera, microphone });
    });
    return () => {
      isOver = true;
    };
  }, [parts, isWanted, camera, microphone]);
  return { devices, snapshot: usePending(devices) };
}
