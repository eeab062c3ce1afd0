import { openStore, type Store } from './store.ts';

/**
 * What became of the camera or the microphone.
 * - `off`: not asked for, or switched off by the person; `asking`: the browser asks the person.
 * - `blocked`: the person or the browser said no; `none`: there is no such device;
 *   `in_use`: another program has it; `insecure`: the page is not on https.
 */
export type DeviceState = 'off' | 'asking' | 'on' | 'blocked' | 'none' | 'in_use' | 'insecure';

export interface DeviceChoice {
  readonly id: string;
  /** Empty until the browser may tell. */
  readonly label: string;
}

export interface DevicesSnapshot {
  readonly camera: DeviceState;
  readonly microphone: DeviceState;
  /** The own picture: for `srcObject` of a muted video element. Null when the camera is not on. */
  readonly picture: MediaStream | null;
  readonly cameraTrack: MediaStreamTrack | null;
  readonly microphoneTrack: MediaStreamTrack | null;
  readonly cameras: readonly DeviceChoice[];
  readonly microphones: readonly DeviceChoice[];
  /** Empty where the browser does not let a page choose. */
  readonly speakers: readonly DeviceChoice[];
  readonly cameraId: string | null;
  readonly microphoneId: string | null;
  readonly speakerId: string | null;
}

/** The person's devices: open them on one page, and hand them to the call on another. */
export interface Devices extends Store<DevicesSnapshot> {
  /** Opens what is asked for, both at once when both are; never throws: the snapshot says what came. */
  open(wanted: { camera: boolean; microphone: boolean }): Promise<void>;
  /** Switches off, so that its light goes out, or on again. */
  setCamera(isOn: boolean): Promise<void>;
  /** Mutes or unmutes; the device stays open. */
  setMicrophone(isOn: boolean): Promise<void>;
  chooseCamera(id: string): Promise<void>;
  chooseMicrophone(id: string): Promise<void>;
  chooseSpeaker(id: string): void;
  /** The next camera: on phones from front to back. */
  switchCamera(): Promise<void>;
  /** Tells the microphone's level, 0 to 1, some ten times a second; what it answers ends that. */
  watchLevel(listener: (level: number) => void): () => void;
  /** Opens again what the machine took away meanwhile: a phone call, sleep, a cable. Drawn ones need none. */
  mend?(): Promise<void>;
  /** Gives the devices back to the machine. */
  close(): void;
}

type Kind = 'camera' | 'microphone';

const levelEveryMs = 100;

/** 720p where the camera has it; an echo and noise filter, as all calls want. */
const constraintsFor = (kind: Kind, id: string | null): MediaTrackConstraints => ({
  ...(id ? { deviceId: { exact: id } } : {}),
  ...(kind === 'camera'
    ? {
        width: { ideal: 1280 },
        height: { ideal: 720 },
        frameRate: { ideal: 30, max: 30 },
        ...(id ? {} : { facingMode: 'user' }),
      }
    : { echoCancellation: true, noiseSuppression: true, autoGainControl: true }),
});

/** The browser's name of a failure in our words. */
function stateOf(error: unknown): DeviceState {
  switch ((error as DOMException).name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'blocked';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    default:
      return 'in_use';
  }
}

export function openDevices(): Devices {
  const store = openStore<DevicesSnapshot>({
    camera: 'off',
    microphone: 'off',
    picture: null,
    cameraTrack: null,
    microphoneTrack: null,
    cameras: [],
    microphones: [],
    speakers: [],
    cameraId: null,
    microphoneId: null,
    speakerId: null,
  });
  /** What the person wants, whatever the machine gives. */
  const wanted = { camera: false, microphone: false };
  let isClosed = false;
  const trackOf = (kind: Kind) => store.snapshot()[`${kind}Track`];

  function take(kind: Kind, track: MediaStreamTrack | null, state: DeviceState): void {
    const before = trackOf(kind);
    if (before && before !== track) before.stop();
    if (track) {
      track.onended = () => {
        if (trackOf(kind) === track) take(kind, null, 'in_use');
      };
      if (kind === 'camera') track.contentHint = 'motion';
    }
    store.set({
      [kind]: state,
      [`${kind}Track`]: track,
      ...(track ? { [`${kind}Id`]: track.getSettings().deviceId ?? null } : {}),
      ...(kind === 'camera' ? { picture: track && new MediaStream([track]) } : {}),
    } as Partial<DevicesSnapshot>);
  }

  async function openKinds(kinds: readonly Kind[]): Promise<void> {
    if (kinds.length === 0) return;
    // Outside a secure context the browser hides this, whatever its type says.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) {
      for (const kind of kinds) take(kind, null, 'insecure');
      return;
    }
    for (const kind of kinds) if (!trackOf(kind)) store.set({ [kind]: 'asking' });
    const idOf = (kind: Kind) => store.snapshot()[`${kind}Id`];
    try {
      const stream = await media.getUserMedia({
        ...(kinds.includes('camera') ? { video: constraintsFor('camera', idOf('camera')) } : {}),
        ...(kinds.includes('microphone')
          ? { audio: constraintsFor('microphone', idOf('microphone')) }
          : {}),
      });
      for (const track of stream.getTracks()) {
        const kind = track.kind === 'video' ? 'camera' : 'microphone';
        if (isClosed || !wanted[kind]) {
          track.stop();
          if (!isClosed) take(kind, null, 'off');
        } else take(kind, track, 'on');
      }
    } catch (error) {
      const [first, ...rest] = kinds;
      if (rest.length > 0) {
        // One of them fails, and the browser does not say which.
        for (const kind of kinds) await openKinds([kind]);
        return;
      }
      const chosen = first && idOf(first);
      if (first && chosen && stateOf(error) === 'none') {
        store.set({ [`${first}Id`]: null });
        return openKinds(kinds);
      }
      if (first) take(first, null, stateOf(error));
    }
    await list();
  }

  async function list(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const ofKind = (kind: MediaDeviceKind) =>
      all
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map(({ deviceId: id, label }) => ({ id, label }));
    const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;
    store.set({
      cameras: ofKind('videoinput'),
      microphones: ofKind('audioinput'),
      speakers: canChooseSpeaker ? ofKind('audiooutput') : [],
    });
  }
  const whenChanged = () => {
    list().catch(() => {});
  };
  (navigator.mediaDevices as MediaDevices | undefined)?.addEventListener(
    'devicechange',
    whenChanged,
  );

  async function choose(kind: Kind, id: string): Promise<void> {
    wanted[kind] = true;
    // Phones have one camera open at a time.
    if (kind === 'camera') trackOf(kind)?.stop();
    store.set({ [`${kind}Id`]: id });
    await openKinds([kind]);
  }

  return {
    subscribe: store.subscribe,
    snapshot: store.snapshot,
    async open(asked) {
      const kinds = (['camera', 'microphone'] as const).filter((kind) => asked[kind]);
      for (const kind of kinds) wanted[kind] = true;
      await openKinds(kinds.filter((kind) => trackOf(kind)?.readyState !== 'live'));
    },
    async setCamera(isOn) {
      wanted.camera = isOn;
      if (isOn) await openKinds(['camera']);
      else take('camera', null, 'off');
    },
    async setMicrophone(isOn) {
      wanted.microphone = isOn;
      const track = trackOf('microphone');
      if (!track) {
        if (isOn) await openKinds(['microphone']);
        return;
      }
      track.enabled = isOn;
      store.set({ microphone: isOn ? 'on' : 'off' });
    },
    chooseCamera: (id) => choose('camera', id),
    async chooseMicrophone(id) {
      const isMuted = store.snapshot().microphone === 'off';
      await choose('microphone', id);
      const track = trackOf('microphone');
      if (!isMuted || !track) return;
      track.enabled = false;
      wanted.microphone = false;
      store.set({ microphone: 'off' });
    },
    chooseSpeaker: (id) => store.set({ speakerId: id }),
    async switchCamera() {
      const { cameras, cameraId } = store.snapshot();
      const at = cameras.findIndex(({ id }) => id === cameraId);
      const next = cameras[(at + 1) % cameras.length];
      if (next && next.id !== cameraId) await choose('camera', next.id);
    },
    watchLevel(listener) {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 512;
      const samples = new Float32Array(analyser.fftSize);
      let source: MediaStreamAudioSourceNode | null = null;
      let track: MediaStreamTrack | null = null;
      const timer = setInterval(() => {
        if (trackOf('microphone') !== track) {
          source?.disconnect();
          track = trackOf('microphone');
          source = track && context.createMediaStreamSource(new MediaStream([track]));
          source?.connect(analyser);
        }
        if (context.state === 'suspended') context.resume().catch(() => {});
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        // A quiet voice is about -40 decibels, a loud one -10.
        const decibels = 10 * Math.log10(power || 1e-10);
        listener(track ? Math.min(1, Math.max(0, (decibels + 60) / 50)) : 0);
      }, levelEveryMs);
      return () => {
        clearInterval(timer);
        context.close().catch(() => {});
      };
    },
    async mend() {
      await openKinds(
        (['camera', 'microphone'] as const).filter(
          (kind) => wanted[kind] && trackOf(kind)?.readyState !== 'live',
        ),
      );
    },
    close() {
      isClosed = true;
      wanted.camera = wanted.microphone = false;
      take('camera', null, 'off');
      take('microphone', null, 'off');
      (navigator.mediaDevices as MediaDevices | undefined)?.removeEventListener(
        'devicechange',
        whenChanged,
      );
    },
  };
}
