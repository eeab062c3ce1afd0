import type { DeviceState, DevicesSnapshot } from '@anteroom/call/devices';
import { Notice } from '@anteroom/ui';
import { useWords } from '../words.tsx';

const troubles = {
  blocked: 'devices.blocked',
  none: 'devices.missing',
  in_use: 'devices.busy',
  insecure: 'devices.insecure',
} as const satisfies Partial<Record<DeviceState, string>>;

/** Why the own camera or microphone cannot be used, and what to do about it; nothing when they can. */
export function DeviceTrouble({ devices }: { devices: DevicesSnapshot }) {
  const { say } = useWords();
  return (['microphone', 'camera'] as const).map((kind) => {
    const state = devices[kind];
    if (!isTrouble(state)) return null;
    return (
      <Notice key={kind} tone="warning" title={say(`devices.${kind}`)} live="polite">
        <p>{say(troubles[state])}</p>
      </Notice>
    );
  });
}

const isTrouble = (state: DeviceState): state is keyof typeof troubles =>
  Object.hasOwn(troubles, state);
