import type { Devices, DevicesSnapshot } from '@anteroom/call/devices';
import { drawFace } from './face.ts';
import { loudnessAt, makeVoice } from './voice.ts';

const framesPerSecond = 20;

/** Camera and microphone of the practice person: a picture drawn here, and a voice made here. */
export function openDrawnDevices(): Devices {
  const listeners = new Set<() => void>();
  let state: DevicesSnapshot = {
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
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  let voice: HTMLVideoElement | null = null;
  const loudness = () => (voice && state.microphone === 'on' ? loudnessAt(voice.currentTime) : 0);
  const set = (changes: Partial<DevicesSnapshot>) => {
    state = { ...state, ...changes };
    for (const listener of [...listeners]) listener();
  };

  function startCamera(): void {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 480;
    const pen = canvas.getContext('2d');
    const startedAt = performance.now();
    const draw = () => {
      if (pen) drawFace(pen, (performance.now() - startedAt) / 1000, loudness());
    };
    draw();
    // Not by animation frames: the window may lie behind the agent's.
    timer = setInterval(draw, 1000 / framesPerSecond);
    const picture = canvas.captureStream(framesPerSecond);
    set({ camera: 'on', picture, cameraTrack: picture.getVideoTracks()[0] ?? null });
  }

  function stopCamera(): void {
    clearInterval(timer);
    state.cameraTrack?.stop();
    set({ camera: 'off', picture: null, cameraTrack: null });
  }

  async function startVoice(): Promise<void> {
    // A video's element, though there is no picture: browsers let those begin by themselves.
    voice = document.createElement('video');
    Object.assign(voice, { src: URL.createObjectURL(makeVoice()), loop: true, muted: true });
    await voice.play();
    set({ microphone: 'on', microphoneTrack: record(voice).getAudioTracks()[0] ?? null });
  }

  function stopVoice(): void {
    state.microphoneTrack?.stop();
    voice?.pause();
    if (voice) URL.revokeObjectURL(voice.src);
    voice = null;
    set({ microphone: 'off', microphoneTrack: null });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => state,
    async open({ camera, microphone }) {
      if (camera && state.camera !== 'on') startCamera();
      if (microphone && state.microphone !== 'on') await startVoice();
    },
    async setCamera(isOn) {
      if (isOn) startCamera();
      else stopCamera();
    },
    async setMicrophone(isOn) {
      if (state.microphoneTrack) state.microphoneTrack.enabled = isOn;
      set({ microphone: isOn ? 'on' : 'off' });
    },
    async chooseCamera() {},
    async chooseMicrophone() {},
    chooseSpeaker() {},
    async switchCamera() {},
    watchLevel(listener) {
      const beat = setInterval(() => listener(loudness()), 100);
      return () => clearInterval(beat);
    },
    async mend() {},
    close() {
      stopCamera();
      stopVoice();
    },
  };
}

/** What an element plays, as a stream; Firefox has it by another name. */
function record(element: HTMLVideoElement): MediaStream {
  const { captureStream, mozCaptureStream } = element as HTMLVideoElement & {
    captureStream?(): MediaStream;
    mozCaptureStream?(): MediaStream;
  };
  const recording = (captureStream ?? mozCaptureStream)?.call(element);
  return recording ?? new MediaStream();
}
