const sampleRate = 16_000;
const seconds = 7;

/** How loud the practice person speaks at a moment of the seven seconds: it pauses to listen. */
export function loudnessAt(moment: number): number {
  const second = moment % seconds;
  if (second > 4.5) return 0;
  return Math.max(0, 0.35 + 0.35 * Math.sin(second * 17) * Math.sin(second * 3.1));
}

/**
 * A hum that rises and falls as speech does, as a sound file. A window that nobody has touched may not
 * make sound itself, but may play a file without sound, whose recording has it.
 */
export function makeVoice(): Blob {
  const count = sampleRate * seconds;
  const file = new DataView(new ArrayBuffer(44 + count * 2));
  const write = (place: number, text: string) => {
    for (const [index, letter] of [...text].entries()) {
      file.setUint8(place + index, letter.charCodeAt(0));
    }
  };
  write(0, 'RIFF');
  file.setUint32(4, 36 + count * 2, true);
  write(8, 'WAVEfmt ');
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, sampleRate, true);
  file.setUint32(28, sampleRate * 2, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  write(36, 'data');
  file.setUint32(40, count * 2, true);
  let turn = 0;
  for (let index = 0; index < count; index += 1) {
    const second = index / sampleRate;
    turn += (140 + 25 * Math.sin(second * 2.3)) / sampleRate;
    // Four overtones of a voice, one of them swelling as vowels change.
    const vowel = 0.5 + 0.5 * Math.sin(second * 9.7);
    const tone =
      Math.sin(2 * Math.PI * turn) +
      0.6 * Math.sin(4 * Math.PI * turn) +
      vowel * Math.sin(8 * Math.PI * turn) +
      0.3 * Math.sin(10 * Math.PI * turn);
    file.setInt16(44 + index * 2, tone * loudnessAt(second) * 5_000, true);
  }
  return new Blob([file.buffer], { type: 'audio/wav' });
}
