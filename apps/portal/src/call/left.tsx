import type { Devices } from '@anteroom/call/devices';
import { Button } from '@anteroom/ui';
import { useEffect } from 'react';
import { useWords } from '../words.tsx';

/** For a host who has left: the way back. */
export function Left({ devices }: { devices: Devices }) {
  const { say } = useWords();
  useEffect(() => devices.close(), [devices]);
  return (
    <main className="lone stack" id="main" tabIndex={-1}>
      <h1>{say('call.left')}</h1>
      <p>{say('call.leftHint')}</p>
      <div>
        <Button kind="primary" onClick={() => location.reload()}>
          {say('call.comeBack')}
        </Button>
      </div>
    </main>
  );
}
