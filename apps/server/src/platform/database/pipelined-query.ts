import type { Socket } from 'node:net';
import { type Client, type ClientConfig, Query, types } from 'pg';
import { serialize } from 'pg-protocol';
import type { Call, Value } from './statement.ts';

export const setOrganisation = {
  name: 'set_organisation',
  // Answers no row, so that the caller's result holds only its own.
  text: `select where set_config('app.organisation', $1, true) is null`,
};

/** A shared transaction gives up early on a lock: its statements then wait each by itself. */
export const setOrganisationShared = {
  name: 'set_organisation_shared',
  text: `select where set_config('app.organisation', $1, true) is null
    or set_config('lock_timeout', '100ms', true) is null`,
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

const noRows: Shape = { names: [], parsers: [], blank: {} };

/** The shapes that a connection has learnt, by statement name. */
export type Shapes = Map<string, Shape>;

const describePortal = serialize.describe({ type: 'P', name: '' });
const executePortal = serialize.execute();
const sync = serialize.sync();

/**
 * Statements in pg's pipeline that are one transaction, with the organisation set when there is one.
 * All travel with one Sync, so the setting holds for them alone; when one fails the server skips the
 * rest and undoes them all. Shared ones have to be known to the connection already.
 *
 * Written on pg's own `Query` seam instead of using its parts, for two reasons: pg's would take the
 * setting's result for the statement's, and it has a prepared statement's columns described anew
 * every time, which costs more than reading a row. A name's columns never change on a connection.
 */
export class PipelinedQuery extends (Query as unknown as new (config: object) => object) {
  readonly name: string;
  /** Read by pg when the server has parsed it; blank where it need not. */
  text = '';
  callback: ((error: Error | null, rows: unknown[][]) => void) | null = null;
  readonly #organisation: string | null;
  readonly #calls: readonly Call[];
  readonly #isShared: boolean;
  readonly #shapes: Shapes;
  readonly #rows: unknown[][];
  /** Whose answer is awaited; before the first stands the setting. */
  #at: number;
  #shape: Shape | undefined;
  #failure: Error | null = null;

  constructor(
    organisation: string | null,
    calls: readonly Call[],
    /** The only statement's own, or none where a connection keeps too many already. */
    name: string,
    isShared: boolean,
    shapes: Shapes,
  ) {
    super({});
    this.name = name;
    this.#organisation = organisation;
    this.#calls = calls;
    this.#isShared = isShared;
    this.#shapes = shapes;
    this.#rows = calls.map(() => []);
    this.#at = organisation === null ? 0 : -1;
  }

  /** Called by pg when it is this one's turn to be written. */
  submit(connection: WireConnection): null {
    const messages: Buffer[] = [];
    if (this.#organisation !== null) {
      const { name: statement } = this.#isShared ? setOrganisationShared : setOrganisation;
      messages.push(serialize.bind({ statement, values: [this.#organisation] }), executePortal);
    }
    if (!this.#isShared) this.#parse(connection, messages);
    for (const { asked, values } of this.#calls) {
      const statement = this.#isShared ? asked.name : this.name;
      messages.push(serialize.bind({ statement, values: values.map(wireValue) }));
      if (!this.#shapes.has(statement)) messages.push(describePortal);
      messages.push(executePortal);
    }
    messages.push(sync);
    connection.stream.write(Buffer.concat(messages));
    return null;
  }

  #parse(connection: WireConnection, messages: Buffer[]): void {
    const { name } = this;
    const { parsedStatements, submittedNamedStatements } = connection;
    if (name !== '' && (name in parsedStatements || name in submittedNamedStatements)) return;
    this.text = (this.#calls[0] as Call).asked.text;
    messages.push(serialize.parse({ name, text: this.text }));
    if (name !== '') submittedNamedStatements[name] = this.text;
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.#shape = {
      blank: Object.fromEntries(fields.map(({ name }) => [name, null])),
      names: fields.map(({ name }) => name),
      parsers: fields.map(({ dataTypeID }) =>
        dataTypeID === jsonType ? rememberJson() : textTypes.getTypeParser(dataTypeID, 'text'),
      ),
    };
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#shape ??= this.#shapes.get(this.#nameAt()) as Shape;
    const { names, parsers, blank } = this.#shape;
    const row = { ...blank };
    try {
      for (let index = 0; index < names.length; index++) {
        const text = fields[index];
        if (text != null) row[names[index] as string] = parsers[index]?.(text);
      }
      (this.#rows[this.#at] as unknown[]).push(row);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  handleCommandComplete(): void {
    if (this.#at >= 0) {
      const name = this.#nameAt();
      if (name !== '' && !this.#shapes.has(name)) this.#shapes.set(name, this.#shape ?? noRows);
      this.#shape = undefined;
    }
    this.#at += 1;
  }

  #nameAt(): string {
    return this.#isShared ? (this.#calls[this.#at] as Call).asked.name : this.name;
  }

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
