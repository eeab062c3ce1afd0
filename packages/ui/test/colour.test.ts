import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accentsOf, contrastOf } from '../src/colour.ts';

const read = (colour: string) =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];

it('keeps the contrast of every colour an organisation may choose, in light and dark', () => {
  const part = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(part, part, part, (red, green, blue) => {
      const hex = [red, green, blue].map((one) => one.toString(16).padStart(2, '0')).join('');
      const accents = accentsOf(`#${hex}`);
      if (!accents) throw new Error('no accents');
      // On the page, and with the text of buttons on it.
      expect(contrastOf(read(accents.light), [251, 252, 252])).toBeGreaterThanOrEqual(4.5);
      expect(contrastOf(read(accents.light), [255, 255, 255])).toBeGreaterThanOrEqual(4.5);
      expect(contrastOf(read(accents.dark), [24, 32, 39])).toBeGreaterThanOrEqual(4.5);
      expect(contrastOf(read(accents.dark), [11, 19, 23])).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

it('leaves a colour that can be read as it is, and takes nothing that is none', () => {
  expect(accentsOf('#0b645c')?.light).toBe('#0b645c');
  for (const text of ['', 'red', '#123', '#0b645c;}', 'url(x)']) expect(accentsOf(text)).toBeNull();
});
