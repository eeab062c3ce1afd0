import { Client, type ClientConfig } from 'pg';
import { ConnectionLost, failureOf } from './failures.ts';
import {
  PipelinedQuery,
  type Shapes,
  setOrganisation,
  setOrganisationShared,
  textTypes,
  wireOf,
} from './pipelined-query.ts';
import type { Call, Statement } from './statement.ts';

const statementTimeoutMs = 4_000;
const lockTimeoutMs = 2_000;
/** After this long without an answer a connection is given up, whatever hangs on it. */
export const answerDeadlineMs = 5_000;
const connectDeadlineMs = 2_000;
/** A connection keeps this many statements prepared; the rest are planned each time. */
const mostNames = 300;

/** Gives a statement its name on one connection, or none once that keeps enough of them. */
export function rationNames(): (asked: Statement<unknown>) => string {
  const names = new Set<string>();
  return ({ name }) => {
    if (!names.has(name) && names.size < mostNames) names.add(name);
    return names.has(name) ? name : '';
  };
}

/**
 * What every session runs with. Times are read and written in UTC. What is read often is in memory:
 * with PostgreSQL's own guess a list planned while a table is new and small sorts all of it, and
 * goes on so until statistics are gathered.
 */
const sessionOptions = '-c TimeZone=UTC -c random_page_cost=1.1';

/** How every connection of the program is opened. */
export function connectionSettings(url: string): ClientConfig {
  return {
    // Options of the address would take the place of ours; behind them, ours win.
    connectionString: url.replace(
      /([?&]options=[^&]*)/,
      `$1${encodeURIComponent(` ${sessionOptions}`)}`,
    ),
    types: textTypes,
    connectionTimeoutMillis: connectDeadlineMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: answerDeadlineMs,
    fallback_application_name: 'anteroom',
    options: sessionOptions,
    keepAlive: true,
  } as ClientConfig;
}

export interface PipelinedConnection {
  /** Statements sent and not yet answered. */
  waiting(): number;
  /** Whether this statement may be one of several in a transaction. */
  knows(asked: Statement<unknown>): boolean;
  /**
   * Runs one statement, or several shared ones, as one transaction and answers the rows of each.
   * Shared ones must all be known, and wait but shortly for locks.
   */
  run(
    organisation: string | null,
    calls: readonly Call[],
    sharing?: 'shared',
  ): Promise<unknown[][]>;
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
  const shapes: Shapes = new Map();
  const nameFor = rationNames();
  let isOpen = false;
  let isLost = false;
  const lose = () => {
    clearInterval(watchdog);
    isLost = true;
    // Before it stands, the statements below fail and tell.
    if (!isOpen) return;
    isOpen = false;
    onLost();
  };
  client.on('error', lose);
  client.on('end', lose);
  // A query time-out of pg's own would need a timer per statement; one watchdog serves all.
  const watchdog = setInterval(() => {
    const oldest = sentAt[0];
    if (oldest !== undefined && performance.now() - oldest > answerDeadlineMs - 500) {
      wireOf(client).stream.destroy();
    }
  }, 250);
  watchdog.unref();

  const overdue = setTimeout(() => wireOf(client).stream.destroy(), answerDeadlineMs);
  try {
    await client.connect();
    await prepareAll(client, [setOrganisation, setOrganisationShared, ...hotStatements]);
    if (isLost) throw new ConnectionLost('the connection ended while it was opened');
  } catch (error) {
    clearInterval(watchdog);
    client.end().catch(() => {});
    throw error;
  } finally {
    clearTimeout(overdue);
  }
  isOpen = true;

  /** What is sent in one turn of the event loop, for whichever requests, is one write. */
  let isGathering = false;
  const gatherWrites = () => {
    if (isGathering) return;
    isGathering = true;
    const { stream } = wireOf(client);
    stream.cork();
    setImmediate(() => {
      isGathering = false;
      stream.uncork();
    });
  };

  return {
    waiting: () => sentAt.length,
    knows: ({ name }) => name in wireOf(client).parsedStatements,
    run(organisation, calls, sharing) {
      return new Promise((resolve, reject) => {
        sentAt.push(...calls.map(() => performance.now()));
        gatherWrites();
        const name = sharing ? '' : nameFor((calls[0] as Call).asked);
        const query = new PipelinedQuery(organisation, calls, name, sharing === 'shared', shapes);
        query.callback = (error, rows) => {
          sentAt.splice(0, calls.length);
          if (!error) resolve(rows);
          else reject(failureOf(error));
        };
        client.query(query);
      });
    },
    async close() {
      isOpen = false;
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
  const connection = wireOf(client);
  await Promise.all(
    statements.map(async ({ name, text }) => {
      await client.query(`prepare "${name}" as ${text}`);
      connection.parsedStatements[name] = text;
    }),
  );
}
