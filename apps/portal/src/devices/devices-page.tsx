import { type Devices, openDevices } from '@anteroom/call/devices';
import { useStore } from '@anteroom/call/react';
import { Button, Meter } from '@anteroom/ui';
import { useEffect, useState } from 'react';
import { Picture } from '../call/picture.tsx';
import { chime } from '../frame/alerts.ts';
import { DeviceTrouble } from '../parts/device-trouble.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useWords } from '../words.tsx';
import { DeviceSelects } from './device-selects.tsx';

/** Tries the own camera, microphone and speaker, without a call. */
export function DevicesPage() {
  const { say } = useWords();
  useTitle(say('devices.title'));
  const [devices, setDevices] = useState<Devices | null>(null);
  useEffect(() => () => devices?.close(), [devices]);

  function start(): void {
    const opened = openDevices();
    void opened.open({ camera: true, microphone: true });
    setDevices(opened);
  }
  return (
    <main className="detail detail-narrow" id="main" tabIndex={-1}>
      <h1>{say('devices.title')}</h1>
      <p className="quiet">{say('devices.hint')}</p>
      <div>
        <Button kind={devices ? 'plain' : 'primary'} onClick={start}>
          {say(devices ? 'devices.again' : 'devices.start')}
        </Button>
      </div>
      {devices && <Test devices={devices} />}
    </main>
  );
}

function Test({ devices }: { devices: Devices }) {
  const { say } = useWords();
  const state = useStore(devices);
  const [level, setLevel] = useState(0);
  const [isPlayed, setPlayed] = useState(false);
  useEffect(() => devices.watchLevel(setLevel), [devices]);
  return (
    <>
      <DeviceTrouble devices={state} />
      <section className="card stack" aria-labelledby="own-camera">
        <h2 id="own-camera">{say('devices.camera')}</h2>
        <Picture className="own-test" stream={state.picture} label={say('devices.picture')} isOwn />
      </section>
      <section className="card stack" aria-labelledby="own-microphone">
        <h2 id="own-microphone">{say('devices.microphone')}</h2>
        <p className="quiet">{say('devices.level')}</p>
        <Meter label={say('devices.microphone')} value={level} />
      </section>
      <section className="card stack" aria-labelledby="own-speaker">
        <h2 id="own-speaker">{say('devices.speaker')}</h2>
        <div className="row">
          <Button
            onClick={() => {
              chime();
              setPlayed(true);
            }}
          >
            {say('devices.playSound')}
          </Button>
          <p role="status">{isPlayed && say('devices.played')}</p>
        </div>
      </section>
      <section className="card stack">
        <DeviceSelects devices={devices} />
      </section>
    </>
  );
}
