import type { Devices } from '@anteroom/call/devices';
import { useStore } from '@anteroom/call/react';
import { Field } from '@anteroom/ui';
import { useWords } from '../words.tsx';

/** Which camera, microphone and speaker are used, where there is a choice. */
export function DeviceSelects({ devices }: { devices: Devices }) {
  const { say } = useWords();
  const state = useStore(devices);
  const kinds = [
    {
      label: say('call.chooseMicrophone'),
      choices: state.microphones,
      chosen: state.microphoneId,
      choose: (id: string) => void devices.chooseMicrophone(id),
    },
    {
      label: say('call.chooseCamera'),
      choices: state.cameras,
      chosen: state.cameraId,
      choose: (id: string) => void devices.chooseCamera(id),
    },
    {
      label: say('call.chooseSpeaker'),
      choices: state.speakers,
      chosen: state.speakerId,
      choose: (id: string) => devices.chooseSpeaker(id),
    },
  ];
  return kinds
    .filter(({ choices }) => choices.length > 0)
    .map(({ label, choices, chosen, choose }) => (
      <Field
        key={label}
        label={label}
        value={chosen ?? ''}
        onChange={choose}
        options={choices.map((choice, index) => ({
          value: choice.id,
          label: choice.label || `${label} ${index + 1}`,
        }))}
      />
    ));
}
