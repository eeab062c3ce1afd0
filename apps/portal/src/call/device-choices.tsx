import type { Devices } from '@anteroom/call/devices';
import { useStore } from '@anteroom/call/react';
import { Dialog } from '@anteroom/ui';
import { DeviceSelects } from '../devices/device-selects.tsx';
import { Action } from '../parts/action.tsx';
import { DeviceTrouble } from '../parts/device-trouble.tsx';
import { useWords } from '../words.tsx';

/** Chooses other devices while the call goes on. */
export function DeviceChoices({ devices, onClose }: { devices: Devices; onClose(): void }) {
  const { say } = useWords();
  const state = useStore(devices);
  return (
    <Dialog isOpen title={say('call.devices')} onClose={onClose}>
      <DeviceTrouble devices={state} />
      <DeviceSelects devices={devices} />
      <div className="dialog-actions">
        <Action onPress={onClose}>{say('app.close')}</Action>
      </div>
    </Dialog>
  );
}
