/** Text that may stand in a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = Html | string | number | null | undefined | false | readonly Piece[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => entities[letter] ?? '');

function write(piece: Piece): string {
  if (piece instanceof Html) return piece.text;
  if (Array.isArray(piece)) return piece.map(write).join('');
  return piece === null || piece === undefined || piece === false ? '' : escaped(String(piece));
}

/**
 * Markup with values in it. A value is text and never markup, unless `html` made it; null, undefined
 * and false leave nothing.
 */
export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(
    parts.reduce(
      (text, part, index) => text + write(pieces[index - 1]) + part.replace(/\n\s*/g, '\n'),
    ),
  );
}

/** Text between two tags, where quotation marks may stand as they are: JSON is full of them. */
export const verbatim = (text: string) => new Html(escaped(text).replaceAll('&quot;', '"'));

/** A sentence in which `…` marks code. */
export function sentence(text: string): Html[] {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
