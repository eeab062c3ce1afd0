import type { Devices, DevicesSnapshot } from '@anteroom/call/devices';
import type { DevicePart } from '@anteroom/contract';
import { Button, Field, Meter, Notice } from '@anteroom/ui';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { readBrowser } from '../browser.ts';
import { useDeed, useNow, useParts, useVisit } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { Icon, type IconName } from '../icons.tsx';
import { InAppWindow } from '../in-app-window.tsx';
import { Picture } from '../picture.tsx';
import { usePending } from '../room.ts';
import { paths, stageOf } from '../visit/stage.ts';
import { useWords } from '../words.tsx';
import { type Connection, testConnection } from './connection.ts';
import {
  type Findings,
  mendOf,
  type Problem,
  problemOfConnection,
  problemOfDevice,
  reportOf,
} from './findings.ts';
import './device-check.css';

/** So loud has somebody spoken. */
const heardLevel = 0.4;
/** So long may nothing be heard before the page asks whether something is wrong. */
const silenceMs = 12_000;

/** Camera, microphone, speaker and connection, each with what to do when it fails. */
export function DeviceCheckPage() {
  const { say } = useWords();
  const [isBegun, setBegun] = useState(false);
  return (
    <Frame title={say('device.title')}>
      <div className="stack plain">
        <Heading>{say('device.title')}</Heading>
        <p className="lead">{say('device.text')}</p>
        <InAppWindow />
        {isBegun ? (
          <Check />
        ) : (
          <>
            <p>{say('device.ask')}</p>
            <Button
              kind="primary"
              className="wide large"
              data-next=""
              onClick={() => setBegun(true)}
            >
              {say('device.start')}
            </Button>
          </>
        )}
      </div>
    </Frame>
  );
}

function Check() {
  const { say } = useWords();
  const parts = useParts();
  const visit = useVisit();
  const [, navigate] = useLocation();
  const browser = useMemo(() => readBrowser(navigator.userAgent), []);
  const stage = stageOf(visit, useNow(5_000));
  const needsCamera = visit.features_webcam_access_claimant_enable;
  const needsMicrophone = visit.features_microphone_access_enable;
  const [devices, setDevices] = useState<Devices | null>(null);
  const own = usePending(devices);
  const [isCameraWanted, setCameraWanted] = useState(needsCamera);
  const [isHeard, setHeard] = useState(false);
  const [isSilent, setSilent] = useState(false);
  const [speaker, setSpeaker] = useState<DevicePart>('untested');
  const [connection, setConnection] = useState<Connection | null>(null);
  const { isBusy, fault, run } = useDeed();

  useEffect(() => {
    let isOver = false;
    void parts.devices().then((opened) => {
      if (isOver) return;
      setDevices(opened);
      void opened.open({ camera: needsCamera, microphone: needsMicrophone });
    });
    void testConnection().then((found) => !isOver && setConnection(found));
    return () => {
      isOver = true;
    };
  }, [parts, needsCamera, needsMicrophone]);

  const problems = [
    own && needsMicrophone && problemOfDevice('microphone', own.microphone),
    isSilent && !isHeard && own?.microphone === 'on' && 'microphone_silent',
    own && isCameraWanted && problemOfDevice('camera', own.camera),
    connection && problemOfConnection(connection),
    speaker === 'failed' && 'speaker_silent',
  ].filter((problem): problem is Problem => Boolean(problem));
  const findings: Findings = {
    camera: !isCameraWanted ? 'skipped' : partOf(own?.camera === 'on', problems, 'camera'),
    microphone: !needsMicrophone ? 'skipped' : partOf(isHeard, problems, 'microphone'),
    speaker,
    connection,
    problems,
  };
  const isReady =
    problems.length === 0 &&
    connection !== null &&
    speaker === 'ready' &&
    findings.microphone !== 'untested' &&
    findings.camera !== 'untested';

  async function save() {
    const done = await run(() =>
      parts.visits.command('device-check', reportOf(findings, browser.name)),
    );
    if (!done) return;
    if (stage === 'early') {
      parts.leave();
      navigate(paths.summary);
    } else {
      navigate(paths.waiting);
    }
  }

  const mend = (problem: Problem | null) =>
    problem && <Mend problem={problem} family={browser.family} />;
  const find = (name: string) => problems.find((problem) => problem.startsWith(name)) ?? null;

  return (
    <>
      <Part icon="camera" title={say('device.camera')} state={findings.camera}>
        <Camera
          devices={devices}
          own={own}
          isNeeded={needsCamera}
          isWanted={isCameraWanted}
          onWanted={setCameraWanted}
        />
        {mend(find('camera'))}
        {find('camera') && (
          <Again onPress={() => void devices?.open({ camera: true, microphone: false })} />
        )}
      </Part>
      <Part icon="microphone" title={say('device.microphone')} state={findings.microphone}>
        {needsMicrophone ? (
          <Microphone
            devices={devices}
            own={own}
            isHeard={isHeard}
            onHeard={() => setHeard(true)}
            onSilent={() => setSilent(true)}
          />
        ) : (
          <p>{say('device.microphoneNotNeeded')}</p>
        )}
        {mend(find('microphone'))}
        {find('microphone') && find('microphone') !== 'microphone_silent' && (
          <Again onPress={() => void devices?.open({ camera: false, microphone: true })} />
        )}
      </Part>
      <Part icon="speaker" title={say('device.speaker')} state={speaker}>
        <Speaker state={speaker} onState={setSpeaker} />
        {mend(find('speaker'))}
      </Part>
      <Part icon="signal" title={say('device.connection')} state={partOfConnection(connection)}>
        <ConnectionText connection={connection} />
        {mend(find('connection'))}
        {find('connection') && (
          <Again
            onPress={() => {
              setConnection(null);
              void testConnection().then(setConnection);
            }}
          />
        )}
      </Part>
      <div className="stack" aria-live="polite">
        {isReady && (
          <Notice tone="good" title={say('device.done')}>
            <p>{say('device.doneText')}</p>
          </Notice>
        )}
        {problems.length > 0 && (
          <Notice tone="warning" title={say('device.notReady')}>
            <p>{say('device.notReadyText')}</p>
          </Notice>
        )}
      </div>
      {fault && <Notice tone="bad" live="assertive" title={fault} />}
      <Button
        kind={isReady || problems.length > 0 ? 'primary' : 'plain'}
        className="wide large"
        isBusy={isBusy}
        data-next={isReady ? '' : undefined}
        onClick={() => void save()}
      >
        {say(stage === 'early' ? 'device.save' : 'device.next')}
      </Button>
    </>
  );
}

function partOf(isReady: boolean, problems: Problem[], device: string): DevicePart {
  if (problems.some((problem) => problem.startsWith(device))) return 'failed';
  return isReady ? 'ready' : 'untested';
}

function partOfConnection(connection: Connection | null): DevicePart {
  if (!connection) return 'untested';
  return connection.isOpen ? 'ready' : 'failed';
}

interface PartProps {
  icon: IconName;
  title: string;
  state: DevicePart;
  children: ReactNode;
}

const Part = ({ icon, title, state, children }: PartProps) => (
  <section className={`card stack part part-${state}`}>
    <h2 className="part-title">
      <Icon name={icon} />
      {title}
      {state === 'ready' && (
        <span className="part-mark">
          <Icon name="check" size={20} />
        </span>
      )}
      {state === 'failed' && (
        <span className="part-mark">
          <Icon name="cross" size={20} />
        </span>
      )}
    </h2>
    {children}
  </section>
);

function Mend({ problem, family }: { problem: Problem; family: Parameters<typeof mendOf>[1] }) {
  const { say } = useWords();
  return (
    <Notice tone="bad" live="polite" title={say(`problem.${problem}`)}>
      <p>{say(mendOf(problem, family))}</p>
    </Notice>
  );
}

function Again({ onPress }: { onPress(): void }) {
  const { say } = useWords();
  return (
    <div>
      <Button onClick={onPress}>{say('frame.again')}</Button>
    </div>
  );
}

interface CameraProps {
  devices: Devices | null;
  own: DevicesSnapshot | null;
  isNeeded: boolean;
  isWanted: boolean;
  onWanted(isWanted: boolean): void;
}

function Camera({ devices, own, isNeeded, isWanted, onWanted }: CameraProps) {
  const { say } = useWords();
  if (!isNeeded) return <p>{say('device.cameraNotNeeded')}</p>;
  const want = (wanted: boolean) => {
    onWanted(wanted);
    void devices?.setCamera(wanted);
  };
  if (!isWanted) {
    return (
      <>
        <p>{say('device.cameraOff')}</p>
        <div>
          <Button onClick={() => want(true)}>{say('device.cameraTry')}</Button>
        </div>
      </>
    );
  }
  return (
    <>
      {own?.picture ? (
        <div className="part-picture">
          <Picture stream={own.picture} aria-label={say('call.ownPicture')} />
        </div>
      ) : (
        own?.camera === 'asking' && (
          <div className="part-picture">
            <Icon name="camera" size={48} />
          </div>
        )
      )}
      {own?.picture && <p>{say('device.cameraReady')}</p>}
      {own && own.cameras.length > 1 && (
        <Field
          label={say('device.choose')}
          value={own.cameraId ?? ''}
          options={own.cameras.map(({ id, label }, index) => ({
            value: id,
            label: label || `${say('device.camera')} ${index + 1}`,
          }))}
          onChange={(id) => void devices?.chooseCamera(id)}
        />
      )}
      <div>
        <Button kind="quiet" onClick={() => want(false)}>
          {say('device.cameraSkip')}
        </Button>
      </div>
    </>
  );
}

interface MicrophoneProps {
  devices: Devices | null;
  own: DevicesSnapshot | null;
  isHeard: boolean;
  onHeard(): void;
  onSilent(): void;
}

function Microphone({ devices, own, isHeard, onHeard, onSilent }: MicrophoneProps) {
  const { say } = useWords();
  const [level, setLevel] = useState(0);
  const isOn = own?.microphone === 'on';
  const tell = useRef({ onHeard, onSilent });
  tell.current = { onHeard, onSilent };
  useEffect(() => {
    if (!devices || !isOn) return;
    const silence = setTimeout(() => tell.current.onSilent(), silenceMs);
    const stop = devices.watchLevel((now) => {
      setLevel(now);
      if (now < heardLevel) return;
      clearTimeout(silence);
      tell.current.onHeard();
    });
    return () => {
      clearTimeout(silence);
      stop();
    };
  }, [devices, isOn]);
  if (!isOn) return null;
  return (
    <>
      <p role="status">{say(isHeard ? 'device.microphoneHeard' : 'device.microphoneSpeak')}</p>
      <Meter label={say('device.microphoneLevel')} value={level} />
      {own.microphones.length > 1 && (
        <Field
          label={say('device.chooseMicrophone')}
          value={own.microphoneId ?? ''}
          options={own.microphones.map(({ id, label }, index) => ({
            value: id,
            label: label || `${say('device.microphone')} ${index + 1}`,
          }))}
          onChange={(id) => void devices?.chooseMicrophone(id)}
        />
      )}
    </>
  );
}

interface SpeakerProps {
  state: DevicePart;
  onState(state: DevicePart): void;
}

function Speaker({ state, onState }: SpeakerProps) {
  const { say } = useWords();
  const { chime } = useParts();
  const [isPlayed, setPlayed] = useState(false);
  return (
    <>
      {state === 'ready' && <p>{say('device.speakerHeard')}</p>}
      {isPlayed && state === 'untested' && <p>{say('device.speakerAsk')}</p>}
      <div className="row">
        {isPlayed && state === 'untested' && (
          <>
            <Button kind="primary" data-next="" onClick={() => onState('ready')}>
              {say('device.yes')}
            </Button>
            <Button onClick={() => onState('failed')}>{say('device.no')}</Button>
          </>
        )}
        <Button
          kind={isPlayed ? 'quiet' : 'plain'}
          data-next={isPlayed ? undefined : ''}
          onClick={() => {
            chime.ring();
            setPlayed(true);
            if (state === 'failed') onState('untested');
          }}
        >
          {say('device.speakerPlay')}
        </Button>
      </div>
    </>
  );
}

function ConnectionText({ connection }: { connection: Connection | null }) {
  const { say } = useWords();
  if (!connection) {
    return (
      <p role="status" className="row">
        <span className="spinner" aria-hidden="true" />
        {say('device.connectionTesting')}
      </p>
    );
  }
  const { isOpen, round_trip_ms: trip, loss_percent: loss, rate_kbit_s: rate } = connection;
  if (!isOpen) return <p role="status">{say('device.connectionBlocked')}</p>;
  const isSlow = problemOfConnection(connection) === 'connection_slow';
  return (
    <>
      <p role="status">{say(isSlow ? 'device.connectionSlow' : 'device.connectionGood')}</p>
      {trip !== null && (
        <p className="quiet">
          {say('device.figures', { trip, loss: loss ?? 0, rate: rate ?? '–' })}
        </p>
      )}
    </>
  );
}
