import type { Devices } from '@anteroom/call/devices';
import { useStore } from '@anteroom/call/react';
import { Button, Dialog } from '@anteroom/ui';
import { DeviceSelects } from '../devices/device-selects.tsx';
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
        <Button onClick={onClose}>{say('app.close')}</Button>
      </div>
    </Dialog>
  );
}
