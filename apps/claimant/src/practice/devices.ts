import type { Devices, DevicesSnapshot } from '@anteroom/call/devices';
import { drawFace } from './face.ts';

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
  let audio: AudioContext | null = null;
  let loudness = 0;
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
      if (pen) drawFace(pen, (performance.now() - startedAt) / 1000, loudness);
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

  /** A hum that rises and falls as speech does, with pauses. */
  function startVoice(): void {
    audio = new AudioContext();
    void audio.resume();
    const output = audio.createMediaStreamDestination();
    const voice = audio.createOscillator();
    const shape = audio.createBiquadFilter();
    const volume = audio.createGain();
    voice.type = 'sawtooth';
    voice.frequency.value = 150;
    shape.type = 'bandpass';
    shape.frequency.value = 600;
    volume.gain.value = 0;
    voice.connect(shape).connect(volume).connect(output);
    voice.start();
    const speak = () => {
      if (!audio) return;
      const seconds = audio.currentTime;
      const isPause = seconds % 7 > 4.5;
      loudness = isPause ? 0 : 0.35 + 0.35 * Math.sin(seconds * 17) * Math.sin(seconds * 3.1);
      volume.gain.setTargetAtTime(Math.max(0, loudness) * 0.5, seconds, 0.03);
      voice.frequency.setTargetAtTime(140 + 25 * Math.sin(seconds * 2.3), seconds, 0.1);
      shape.frequency.setTargetAtTime(600 + 350 * Math.sin(seconds * 9.7), seconds, 0.05);
    };
    const beat = setInterval(speak, 50);
    voice.onended = () => clearInterval(beat);
    set({ microphone: 'on', microphoneTrack: output.stream.getAudioTracks()[0] ?? null });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => state,
    async open({ camera, microphone }) {
      if (camera && state.camera !== 'on') startCamera();
      if (microphone && state.microphone !== 'on') startVoice();
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
      const beat = setInterval(() => listener(Math.max(0, loudness)), 100);
      return () => clearInterval(beat);
    },
    async mend() {},
    close() {
      stopCamera();
      state.microphoneTrack?.stop();
      void audio?.close();
      audio = null;
      set({ microphone: 'off', microphoneTrack: null });
    },
  };
}
