import { Client, type ClientConfig, Query, type QueryConfig, type QueryResult, types } from 'pg';
import { ConnectionLost } from './failures.ts';
import type { Statement, Value } from './statement.ts';

const statementTimeoutMs = 4_000;
const lockTimeoutMs = 2_000;
/** After this long without an answer a connection is given up, whatever hangs on it. */
export const answerDeadlineMs = 5_000;
const connectDeadlineMs = 2_000;
/** A connection keeps this many statements prepared; the rest are planned each time. */
const mostNames = 300;

const setOrganisation = {
  name: 'set_organisation',
  // Answers no row, so that the caller's result holds only its own.
  text: `select where set_config('app.organisation', $1, true) is null`,
};

/** Times, dates and big numbers stay the text that PostgreSQL sent; JSON is parsed. */
const textTypes: ClientConfig['types'] = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    const keepText = [20, 1082, 1114, 1184].includes(oid);
    return keepText ? (value: string) => value : types.getTypeParser(oid, format);
  },
} as ClientConfig['types'];

/** How every connection of the program is opened. */
export function connectionSettings(url: string): ClientConfig {
  return {
    connectionString: url,
    types: textTypes,
    connectionTimeoutMillis: connectDeadlineMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: answerDeadlineMs,
    fallback_application_name: 'anteroom',
    options: '-c TimeZone=UTC',
    keepAlive: true,
  } as ClientConfig;
}

/** What pg's Query does with a connection, and the type definitions leave out. */
interface WireConnection {
  parsedStatements: Record<string, string>;
  bind(config: { statement: string; values: readonly Value[] }): void;
  execute(config: object): void;
}

const WireQuery = Query as unknown as new (
  config: QueryConfig,
) => Query & {
  prepare(connection: WireConnection): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
};

/**
 * A statement that runs with the organisation set. Both travel in one flush with one Sync, so they
 * are one implicit transaction: the setting holds for this statement alone, and when it fails the
 * server skips the statement.
 */
class OrganisationQuery extends WireQuery {
  readonly #organisation: string;
  #organisationIsSet = false;

  constructor(config: QueryConfig, organisation: string) {
    super(config);
    this.#organisation = organisation;
  }

  override prepare(connection: WireConnection): void {
    connection.bind({ statement: setOrganisation.name, values: [this.#organisation] });
    connection.execute({});
    super.prepare(connection);
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#organisationIsSet) super.handleCommandComplete(message, connection);
    else this.#organisationIsSet = true;
  }
}

interface PipelinedConnection {
  /** Statements sent and not yet answered. */
  waiting(): number;
  run<Row>(
    organisation: string | null,
    asked: Statement<Row>,
    values: readonly Value[],
  ): Promise<Row[]>;
  close(): Promise<void>;
}

/**
 * Opens one connection on which statements are sent without waiting for earlier answers.
 * `onLost` is called once when it goes away by itself.
 */
export async function openPipelinedConnection(
  url: string,
  hotStatements: readonly Statement<unknown>[],
  onLost: () => void,
): Promise<PipelinedConnection> {
  const client = new Client({ ...connectionSettings(url), pipeline: true } as ClientConfig);
  const sentAt: number[] = [];
  const names = new Set<string>();
  const nameFor = ({ name }: Statement<unknown>) => {
    if (!names.has(name) && names.size < mostNames) names.add(name);
    return names.has(name) ? name : '';
  };
  let isClosed = false;
  const lose = () => {
    clearInterval(watchdog);
    if (isClosed) return;
    isClosed = true;
    onLost();
  };
  client.on('error', lose);
  client.on('end', lose);
  // A query time-out of pg's own would need a timer per statement; one watchdog serves all.
  const watchdog = setInterval(() => {
    const oldest = sentAt[0];
    if (oldest !== undefined && performance.now() - oldest > answerDeadlineMs - 500) {
      (
        client as unknown as { connection: { stream: { destroy(): void } } }
      ).connection.stream.destroy();
    }
  }, 250);
  watchdog.unref();

  try {
    await client.connect();
    await prepareAll(client, [setOrganisation, ...hotStatements]);
  } catch (error) {
    isClosed = true;
    clearInterval(watchdog);
    client.end().catch(() => {});
    throw error;
  }

  return {
    waiting: () => sentAt.length,
    run<Row>(organisation: string | null, asked: Statement<Row>, values: readonly Value[]) {
      return new Promise<Row[]>((resolve, reject) => {
        sentAt.push(performance.now());
        const callback = (error: Error | null, result: QueryResult<Row & object>) => {
          sentAt.shift();
          if (!error) resolve(result.rows);
          else reject('severity' in error ? error : new ConnectionLost(error.message));
        };
        const config = {
          name: nameFor(asked),
          text: asked.text,
          values: values as Value[],
          queryMode: 'extended',
          callback,
        };
        client.query(
          organisation === null ? new Query(config) : new OrganisationQuery(config, organisation),
        );
      });
    },
    async close() {
      isClosed = true;
      clearInterval(watchdog);
      await client.end();
    },
  };
}

/**
 * Prepares statements when the connection opens. If one were first parsed behind a failing
 * set_organisation, the server would skip the Parse while pg remembers the name as parsed.
 */
async function prepareAll(
  client: Client,
  statements: readonly Statement<unknown>[],
): Promise<void> {
  const { connection } = client as unknown as { connection: WireConnection };
  await Promise.all(
    statements.map(async ({ name, text }) => {
      await client.query(`prepare "${name}" as ${text}`);
      connection.parsedStatements[name] = text;
    }),
  );
}
