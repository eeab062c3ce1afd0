/** A colour as red, green and blue from 0 to 255. */
type Rgb = [number, number, number];

/** The two grounds that the accent stands on, of tokens.css: page and raised parts lie near them. */
const grounds = { light: [251, 252, 252], dark: [24, 32, 39] } satisfies Record<string, Rgb>;
/** WCAG 2.2 asks for 4.5; the rest is for tinted grounds. */
const neededContrast = 5.2;

/**
 * Gives both forms of an organisation's colour that can be read on our grounds, and that text can be
 * read on: the colour itself where it has the contrast, else darker or lighter. Null unless the
 * colour is written as #rrggbb.
 */
export function accentsOf(colour: string): { light: string; dark: string } | null {
  const digits = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour);
  if (!digits) return null;
  const rgb = digits.slice(1).map((two) => Number.parseInt(two, 16)) as Rgb;
  return {
    light: write(moveUntilReadable(rgb, grounds.light, 0)),
    dark: write(moveUntilReadable(rgb, grounds.dark, 255)),
  };
}

/** Colours everything below an element as the organisation wants it; null takes that back. */
export function applyColour(element: HTMLElement, colour: string | null): void {
  const accents = colour === null ? null : accentsOf(colour);
  for (const theme of ['light', 'dark'] as const) {
    if (accents) element.style.setProperty(`--brand-${theme}`, accents[theme]);
    else element.style.removeProperty(`--brand-${theme}`);
  }
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function moveUntilReadable(colour: Rgb, ground: Rgb, towards: number): Rgb {
  for (let share = 0; share < 1; share += 0.04) {
    const moved = colour.map((part) => Math.round(part + (towards - part) * share)) as Rgb;
    if (contrastOf(moved, ground) >= neededContrast) return moved;
  }
  return [towards, towards, towards];
}

function luminanceOf(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const write = (colour: Rgb) =>
  `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
