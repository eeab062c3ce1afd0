/** A named SQL statement; its name is unique, and its text never changes while the program runs. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Statements of one organisation that wait at the same time may share a transaction. */
  readonly isShared?: boolean;
  /** Never set: carries the type of a row. */
  readonly row?: Row;
}

/** Names a statement, so that each connection parses it once. */
export function statement<Row = never>(name: string, text: string): Statement<Row> {
  return Object.freeze({ name, text: onOneLine(text) });
}

/** The same for a short command on one row, which may share its transaction with others. */
export function command<Row = never>(name: string, text: string): Statement<Row> {
  return Object.freeze({ name, text: onOneLine(text), isShared: true });
}

/** A command whose text is only put together where a connection has not parsed it yet. */
export function commandMadeBy<Row = never>(name: string, write: () => string): Statement<Row> {
  return {
    name,
    isShared: true,
    get text() {
      return onOneLine(write());
    },
  };
}

/**
 * PostgreSQL copies a statement's text at every execution: the shorter, the better. So a statement
 * can hold no `--` comment, and no literal with white space that matters.
 */
const onOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** A statement that is put together per request; planned anew each time, with its values in sight. */
export function unnamed<Row = never>(text: string): Statement<Row> {
  return { name: '', text };
}

/** What a statement's parameters may be; everything else is text by then. */
export type Value = string | number | boolean | null | Buffer | readonly string[];

const needsNoQuotes = /^(?!null$)[\w.:+-]+$/i;

/** A list as PostgreSQL reads it, at a third of what it costs pg to write a long one. */
export const listText = (values: readonly (string | number | boolean | null)[]): string =>
  `{${values.map(entryText).join(',')}}`;

function entryText(value: string | number | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return String(value);
  return needsNoQuotes.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** A statement with its values. */
export interface Call {
  readonly asked: Statement<unknown>;
  readonly values: readonly Value[];
}
