/** A sound that calls the person: two soft notes, made on the spot. */
export interface Chime {
  /** In the handler of a tap: browsers let a page sound only after one. */
  unlock(): void;
  ring(): void;
}

const notesHz = [659.25, 880];
const noteSeconds = 0.55;

export function openChime(): Chime {
  let context: AudioContext | null = null;
  const sound = (start: number, frequency: number, audio: AudioContext) => {
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    oscillator.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.25, start + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, start + noteSeconds);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + noteSeconds);
  };
  return {
    unlock() {
      context ??= new AudioContext();
      void context.resume();
    },
    ring() {
      this.unlock();
      const audio = context;
      if (!audio) return;
      for (const [index, frequency] of notesHz.entries()) {
        sound(audio.currentTime + 0.05 + index * 0.28, frequency, audio);
      }
    },
  };
}
