import type { Socket } from 'node:net';
import { type Client, type ClientConfig, Query, types } from 'pg';
import { serialize } from 'pg-protocol';
import type { Statement, Value } from './statement.ts';

export const setOrganisation = {
  name: 'set_organisation',
  // Answers no row, so that the caller's result holds only its own.
  text: `select where set_config('app.organisation', $1, true) is null`,
};

/** Times, dates and big numbers stay the text that PostgreSQL sent; JSON is parsed. */
export const textTypes: NonNullable<ClientConfig['types']> = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    const keepText = [20, 1082, 1114, 1184].includes(oid);
    return keepText ? (value: string) => value : types.getTypeParser(oid, format);
  },
} as NonNullable<ClientConfig['types']>;

/** What a client's connection has, and the type definitions leave out. */
interface WireConnection {
  stream: Socket;
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
}

/** The connection below a client of pg. */
export const wireOf = (client: Client): WireConnection =>
  (client as unknown as { connection: WireConnection }).connection;

/** The columns of a statement's rows, and how each one's text is read. */
interface Shape {
  names: string[];
  parsers: ((text: string) => unknown)[];
  /** A row of nulls: copying it gives a row all its places at once, which adding them does not. */
  blank: Record<string, unknown>;
}

/** The shapes that a connection has learnt, by statement name. */
export type Shapes = Map<string, Shape>;

const describePortal = serialize.describe({ type: 'P', name: '' });
const executePortal = serialize.execute();
const sync = serialize.sync();

/**
 * A statement in pg's pipeline, with the organisation set when there is one. Both travel with one
 * Sync, so they are one implicit transaction: the setting holds for this statement alone, and when it
 * fails the server skips the statement.
 *
 * Written on pg's own `Query` seam instead of using its parts, for two reasons: pg's would take the
 * setting's result for the statement's, and it has a prepared statement's columns described anew
 * every time, which costs more than reading a row. A name's columns never change on a connection.
 */
export class PipelinedQuery extends (Query as unknown as new (config: object) => object) {
  readonly name: string;
  /** Read by pg when the server has parsed it; blank where it need not. */
  text = '';
  callback: ((error: Error | null, rows: unknown[]) => void) | null = null;
  readonly #organisation: string | null;
  readonly #asked: Statement<unknown>;
  readonly #values: readonly Value[];
  readonly #shapes: Shapes;
  #shape: Shape | undefined;
  readonly #rows: unknown[] = [];
  #failure: Error | null = null;

  constructor(
    organisation: string | null,
    asked: Statement<unknown>,
    /** The statement's own, or none where a connection keeps too many already. */
    name: string,
    values: readonly Value[],
    shapes: Shapes,
  ) {
    super({});
    this.name = name;
    this.#asked = asked;
    this.#organisation = organisation;
    this.#values = values;
    this.#shapes = shapes;
  }

  /** Called by pg when it is this one's turn to be written. */
  submit(connection: WireConnection): null {
    const { name } = this;
    this.#shape = name === '' ? undefined : this.#shapes.get(name);
    const messages: Buffer[] = [];
    if (this.#organisation !== null) {
      const values = [this.#organisation];
      messages.push(serialize.bind({ statement: setOrganisation.name, values }), executePortal);
    }
    const isParsed =
      name !== '' &&
      (name in connection.parsedStatements || name in connection.submittedNamedStatements);
    if (!isParsed) {
      this.text = this.#asked.text;
      messages.push(serialize.parse({ name, text: this.text }));
      if (name !== '') connection.submittedNamedStatements[name] = this.text;
    }
    messages.push(serialize.bind({ statement: name, values: this.#values.map(wireValue) }));
    if (!this.#shape) messages.push(describePortal);
    messages.push(executePortal, sync);
    connection.stream.write(Buffer.concat(messages));
    return null;
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.#shape = {
      blank: Object.fromEntries(fields.map(({ name }) => [name, null])),
      names: fields.map(({ name }) => name),
      parsers: fields.map(({ dataTypeID }) =>
        dataTypeID === jsonType ? rememberJson() : textTypes.getTypeParser(dataTypeID, 'text'),
      ),
    };
    if (this.name !== '') this.#shapes.set(this.name, this.#shape);
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const { names, parsers, blank } = this.#shape as Shape;
    const row = { ...blank };
    try {
      for (let index = 0; index < names.length; index++) {
        const text = fields[index];
        if (text != null) row[names[index] as string] = parsers[index]?.(text);
      }
      this.#rows.push(row);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handleError(error: Error): void {
    this.callback?.(error, []);
  }

  handleReadyForQuery(): void {
    this.callback?.(this.#failure, this.#rows);
  }
}

const jsonType = 114;
const mostRemembered = 200;

/**
 * Parses JSON and remembers the latest texts: the columns of this type (an appointment's switches) hold
 * the same few over and over. What it gives out is shared, and so frozen.
 */
function rememberJson(): (text: string) => unknown {
  const remembered = new Map<string, unknown>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const value = Object.freeze(JSON.parse(text));
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(text, value);
    return value;
  };
}

/** A value as the protocol's text; buffers go as they are. */
function wireValue(value: Value): string | Buffer | null {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) {
    const quoted = value.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);
    return `{${quoted.join(',')}}`;
  }
  return String(value);
}
