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
  /** Gives the devices back to the machine. */
  close(): void;
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
  return {
    subscribe: store.subscribe,
    snapshot: store.snapshot,
    async open() {},
    async setCamera() {},
    async setMicrophone() {},
    async chooseCamera() {},
    async chooseMicrophone() {},
    chooseSpeaker() {},
    async switchCamera() {},
    watchLevel: () => () => {},
    close() {},
  };
}
