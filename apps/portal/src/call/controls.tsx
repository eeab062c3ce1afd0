import type { CallSnapshot } from '@anteroom/call';
import { useStore } from '@anteroom/call/react';
import type { DayAppointment } from '@anteroom/contract';
import { Button } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { useTell } from '../frame/said.tsx';
import { OnOff } from '../parts/on-off.tsx';
import { useWords } from '../words.tsx';
import { DeviceChoices } from './device-choices.tsx';
import { HoldDialog } from './hold-dialog.tsx';
import { LeaveDialog } from './leave-dialog.tsx';
import { PutBackDialog } from './put-back-dialog.tsx';
import { RingDialog } from './ring-dialog.tsx';
import type { OpenRoom } from './use-call.ts';

interface ControlsProps {
  appointment: DayAppointment;
  snapshot: CallSnapshot;
  room: OpenRoom;
}

type DialogName = 'hold' | 'put-back' | 'ring' | 'leave' | 'devices';

/** What an agent does in a call, always in the same places. */
export function Controls({ appointment, snapshot, room }: ControlsProps) {
  const { say, explain } = useWords();
  const tell = useTell();
  const devices = useStore(room.devices);
  const [shown, setShown] = useState<DialogName | null>(null);
  const resume = useMutation({
    mutationFn: () => room.call.resume(),
    onError: (error) => tell(explain(error)),
  });
  const status = snapshot.room?.status;
  const hasBegun = Boolean(snapshot.room?.session_started_at);
  const isMicrophoneOn = devices.microphone === 'on' && devices.microphoneTrack?.enabled !== false;
  const isCameraOn = devices.camera === 'on';
  const isOpening = devices.camera === 'asking' || devices.microphone === 'asking';
  const close = () => setShown(null);
  const dialog = { call: room.call, appointment, hasBegun, onClose: close };
  return (
    <section
      className="controls"
      data-opening={isOpening || undefined}
      aria-label={say('call.controls')}
    >
      <ToggleButton
        className="button control"
        isSelected={isMicrophoneOn}
        isDisabled={!appointment.features_microphone_access_enable}
        onChange={(isOn) => void room.devices.setMicrophone(isOn)}
      >
        {say('call.microphone')}
        <OnOff isOn={isMicrophoneOn} />
      </ToggleButton>
      <ToggleButton
        className="button control"
        isSelected={isCameraOn}
        isDisabled={!appointment.features_webcam_access_agent_enable}
        onChange={(isOn) => void room.devices.setCamera(isOn)}
      >
        {say('call.camera')}
        <OnOff isOn={isCameraOn} />
      </ToggleButton>
      <Button className="control" onClick={() => setShown('devices')}>
        {say('call.devices')}
      </Button>
      <span className="controls-gap" />
      {status === 'on_hold' && (
        <Button
          className="control"
          kind="primary"
          isBusy={resume.isPending}
          onClick={() => resume.mutate()}
        >
          {say('call.resume')}
        </Button>
      )}
      {status === 'in_progress' && (
        <>
          <Button className="control" onClick={() => setShown('hold')}>
            {say('call.hold')}
          </Button>
          <Button className="control" onClick={() => setShown('put-back')}>
            {say('call.putBack')}
          </Button>
        </>
      )}
      <Button className="control" onClick={() => setShown('ring')}>
        {say('call.ring')}
      </Button>
      <Button className="control" kind="danger" onClick={() => setShown('leave')}>
        {say(hasBegun ? 'call.leave' : 'call.close')}
      </Button>
      {shown === 'devices' && <DeviceChoices devices={room.devices} onClose={close} />}
      {shown === 'hold' && <HoldDialog {...dialog} />}
      {shown === 'put-back' && <PutBackDialog {...dialog} />}
      {shown === 'ring' && <RingDialog {...dialog} />}
      {shown === 'leave' && <LeaveDialog {...dialog} />}
    </section>
  );
}
