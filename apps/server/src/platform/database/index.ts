import { Pool, type PoolClient } from 'pg';
import { refuse } from '../errors.ts';
import {
  answerDeadlineMs,
  connectionSettings,
  openPipelinedConnection,
  type PipelinedConnection,
  rationNames,
} from './connection.ts';
import { ConnectionLost, failureOf, isWorthRepeating, refusalOfFailure } from './failures.ts';
import { shareTransactions } from './sharing.ts';
import { type Call, type Statement, statement, type Value } from './statement.ts';

export { isLockTimeout, violatedConstraint } from './failures.ts';
export {
  command,
  commandMadeBy,
  listText,
  type Statement,
  statement,
  unnamed,
  type Value,
} from './statement.ts';

/** Something that runs statements with one organisation set. */
export interface Runner {
  /** The statement's first row, or null. Throws the refusal that a failure of the database means. */
  one<Row>(asked: Statement<Row>, values: readonly Value[]): Promise<Row | null>;
  /** All rows of the statement. */
  many<Row>(asked: Statement<Row>, values: readonly Value[]): Promise<Row[]>;
}

export interface OrganisationDatabase extends Runner {
  /**
   * Runs several statements as one transaction on a connection of its own; commits when `work`
   * resolves, rolls back when it throws. Tried up to three times on deadlock or serialisation
   * failure, so `work` must change nothing but the database.
   */
  transaction<Result>(work: (transaction: Runner) => Promise<Result>): Promise<Result>;
}

/** The one door to the data (design section 2). */
export interface Database {
  /** The door as one organisation sees it; row-level security hides all others. */
  in(organisationId: string): OrganisationDatabase;
  /** Calls of the look-up functions and machinery tables, which belong to no organisation. */
  readonly anywhere: Runner;
  /** The same on a connection of its own: for what takes longer, so that nobody waits behind it. */
  readonly apart: Runner;
  /** Whether a statement gets through now. */
  answers(): Promise<boolean>;
  /** How busy the connections are now. */
  load(): DatabaseLoad;
  close(): Promise<void>;
}

interface DatabaseLoad {
  /** Open connections, and statements sent and not answered. */
  pipeline: { connections: number; waiting: number };
  /** Commands that wait to share a transaction. */
  gathering: number;
  /** Connections for transactions, and work that waits for one. */
  pool: { connections: number; waiting: number };
}

export interface DatabaseOptions {
  url: string;
  /** Statements to prepare as soon as a connection opens. */
  hotStatements?: readonly Statement<unknown>[];
  pipelinedConnections?: number;
  transactionConnections?: number;
  /** Told of every connection that is lost or cannot be opened. */
  onFailure?(error: unknown): void;
}

const ping = statement('ping', 'select 1 as one');

const setLocally = `select set_config('app.organisation', $1, true)`;

/** More than this many statements waiting on a connection are refused at once. */
const mostWaiting = 200;

/**
 * Opens the door. Resolves when the first connection stands, throws when it cannot be opened;
 * after that, lost connections are opened again by themselves.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, hotStatements = [], onFailure = () => {} } = options;
  const connections = new Set<PipelinedConnection>();
  const retries = new Set<NodeJS.Timeout>();
  const closing = new AbortController();

  async function connect(): Promise<void> {
    const connection: PipelinedConnection = await openPipelinedConnection(
      url,
      hotStatements,
      () => {
        connections.delete(connection);
        onFailure(new ConnectionLost('a database connection was lost'));
        keepConnecting(50);
      },
    );
    if (closing.signal.aborted) await connection.close();
    else connections.add(connection);
  }

  function keepConnecting(waitMs: number): void {
    if (closing.signal.aborted) return;
    const retry = setTimeout(() => {
      retries.delete(retry);
      connect().catch((error) => {
        onFailure(error);
        keepConnecting(Math.min(waitMs * 1.5, 500));
      });
    }, waitMs);
    retries.add(retry);
  }

  function leastBusy(): PipelinedConnection {
    let chosen: PipelinedConnection | undefined;
    for (const connection of connections) {
      if (!chosen || connection.waiting() < chosen.waiting()) chosen = connection;
    }
    if (!chosen || chosen.waiting() >= mostWaiting) throw refuse('unavailable');
    return chosen;
  }

  const pool = new Pool({
    ...connectionSettings(url),
    max: options.transactionConnections ?? 4,
    allowExitOnIdle: true,
  });
  pool.on('error', onFailure);
  const namesOf = new WeakMap<PoolClient, ReturnType<typeof rationNames>>();
  pool.on('connect', (client) => namesOf.set(client, rationNames()));

  /** Waits for `work` on a pooled connection, but never longer than the deadline. */
  async function withClient<Result>(
    work: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await pool.connect().catch((error) => {
      throw new ConnectionLost('no database connection', { cause: error });
    });
    // A connection that dies during a transaction also tells its error to the waiting query.
    client.on('error', onFailure);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      const give = () => reject(new ConnectionLost('the database did not answer in time'));
      timer = setTimeout(give, answerDeadlineMs - 500);
    });
    let failure: Error | undefined;
    try {
      return await Promise.race([work(client), deadline]);
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      clearTimeout(timer);
      client.off('error', onFailure);
      const isBroken = failure instanceof ConnectionLost;
      client.release(isBroken);
    }
  }

  const runOn =
    (client: PoolClient) =>
    async (text: string, values: readonly Value[] = [], name?: string) => {
      const asked = { text, values: values as Value[], ...(name ? { name } : {}) };
      const { rows } = await client.query(asked).catch((error) => {
        throw failureOf(error);
      });
      return rows;
    };

  async function runTransaction<Result>(
    organisationId: string,
    work: (transaction: Runner) => Promise<Result>,
  ): Promise<Result> {
    return withClient(async (client) => {
      const run = runOn(client);
      const nameFor = namesOf.get(client);
      const many: Runner['many'] = (asked, values) => run(asked.text, values, nameFor?.(asked));
      await run('begin');
      try {
        await run(setLocally, [organisationId], 'set_organisation_locally');
        const result = await work({
          many,
          one: async (...asked) => (await many(...asked))[0] ?? null,
        });
        await run('commit');
        return result;
      } catch (error) {
        await run('rollback').catch(() => {});
        throw error;
      }
    });
  }

  async function transact<Result>(
    organisationId: string,
    work: (transaction: Runner) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await runTransaction(organisationId, work);
      } catch (error) {
        if (attempt < 3 && isWorthRepeating(error)) {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
        } else throw refusalOfFailure(error) ?? error;
      }
    }
  }

  const sharing = shareTransactions(leastBusy, (organisationId, { asked, values }) =>
    transact(organisationId, (transaction) => transaction.many(asked, values)),
  );

  function runnerBy(run: (call: Call) => Promise<unknown[]>): Runner {
    const many = async <Row>(asked: Statement<Row>, values: readonly Value[]) => {
      try {
        return (await run({ asked, values })) as Row[];
      } catch (error) {
        throw refusalOfFailure(error) ?? error;
      }
    };
    return { many, one: async (...asked) => (await many(...asked))[0] ?? null };
  }

  const runner = (organisationId: string | null): Runner =>
    runnerBy(async (call) => {
      if (call.asked.isShared && organisationId) return sharing.run(organisationId, call);
      const [rows] = await leastBusy().run(organisationId, [call]);
      return rows as unknown[];
    });

  await connect().catch(async (error) => {
    await pool.end();
    throw error;
  });
  for (let opened = 1; opened < (options.pipelinedConnections ?? 4); opened++) keepConnecting(0);

  return {
    in: (organisationId) => ({
      ...runner(organisationId),
      transaction: (work) => transact(organisationId, work),
    }),
    anywhere: runner(null),
    apart: runnerBy(({ asked, values }) =>
      withClient((client) => runOn(client)(asked.text, values, asked.name)),
    ),
    answers: () =>
      runner(null)
        .one(ping, [])
        .then(
          () => true,
          () => false,
        ),
    load: () => ({
      pipeline: {
        connections: connections.size,
        waiting: [...connections].reduce((sum, connection) => sum + connection.waiting(), 0),
      },
      gathering: sharing.waiting(),
      pool: { connections: pool.totalCount, waiting: pool.waitingCount },
    }),
    async close() {
      closing.abort();
      for (const retry of retries) clearTimeout(retry);
      await Promise.all([pool.end(), ...[...connections].map((connection) => connection.close())]);
    },
  };
}
