/** The real server beside its yardsticks, operation by operation. */

import { type Figures, manyConnections, operations, startLoad } from './load.ts';
import { type PgbenchFigures, pgbench, pgbenchInstalled } from './pgbench.ts';
import { median, print, printTable, printVerdicts } from './report.ts';
import { type Server, startAnteroom, startBare, startPlain } from './servers.ts';

type Operation = (typeof operations)[number];

/** What the real server keeps of the plain server's requests a second. */
const limits: Record<Operation, number> = {
  'create json': 0.7,
  'create form': 0.7,
  get: 0.85,
  'list 25': 1,
  update: 0.75,
};

interface Plan {
  rounds: number;
  /** In each round each server runs each operation in so many turns. */
  slices: number;
  warmUpMilliseconds: number;
  sliceMilliseconds: number;
}

const fullPlan: Plan = { rounds: 5, slices: 4, warmUpMilliseconds: 100, sliceMilliseconds: 500 };
const quickPlan: Plan = { rounds: 1, slices: 1, warmUpMilliseconds: 100, sliceMilliseconds: 300 };
/** Before the first round, not reported: brings every path up to speed. */
const rehearsal: Plan = { ...quickPlan, warmUpMilliseconds: 1000 };

/** The figures of one server and operation, one for each round. */
type Results = Map<Server, Record<Operation, Figures[]>>;

/** Measures and prints; true when every limit is kept. */
export async function compare(
  folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const plan = quick ? quickPlan : fullPlan;
  const anteroom = await startAnteroom(folder);
  defer(anteroom.stop);
  const plain = await startPlain(anteroom.database);
  defer(plain.stop);
  const bare = await startBare(anteroom.database);
  defer(bare.stop);
  const load = startLoad();
  defer(load.stop);

  const servers: Server[] = [anteroom, plain, bare];
  const results: Results = new Map(
    servers.map((server) => [
      server,
      { 'create json': [], 'create form': [], get: [], 'list 25': [], update: [] },
    ]),
  );
  /** Every operation on every server. */
  const round = async ({ slices, warmUpMilliseconds, sliceMilliseconds }: Plan) => {
    const found = [];
    for (const operation of operations) {
      const targets = servers.map(({ name, url, headers, processes }) => {
        return { name, url, headers, processes, operation, connections: manyConnections };
      });
      const heat = { targets, slices, warmUpMilliseconds, sliceMilliseconds };
      found.push({ operation, figures: await load.measure(heat) });
    }
    return found;
  };

  const pgbenchResults: PgbenchFigures[] = [];
  const hasPgbench = await pgbenchInstalled();
  if (!quick) {
    print('rehearsal, not reported');
    await round(rehearsal);
  }
  for (let number = 1; number <= plan.rounds; number += 1) {
    print(`round ${number} of ${plan.rounds}`);
    for (const { operation, figures } of await round(plan)) {
      for (const [index, server] of servers.entries()) {
        results.get(server)?.[operation].push(figures[index] as Figures);
      }
    }
    if (hasPgbench) {
      pgbenchResults.push(await pgbench(anteroom.database, folder, quick ? 1 : 2));
    }
  }

  printFigures(results, pgbenchResults);
  if (!hasPgbench) print('pgbench is not installed, so PostgreSQL alone was not measured.');
  return printRatios(results.get(anteroom), results.get(plain));
}

function printFigures(results: Results, pgbenchResults: PgbenchFigures[]): void {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const rows = operations.flatMap((operation) =>
    [...results].map(([{ name }, byOperation]) => {
      const middle = (key: keyof Figures) => median(byOperation[operation].map((one) => one[key]));
      return [
        `${operation}, ${name}`,
        whole(middle('requestsPerSecond')),
        middle('median').toFixed(1),
        middle('percentile99').toFixed(1),
        whole(middle('serverMicroseconds')),
        whole(middle('databaseMicroseconds')),
        whole(middle('answerBytes')),
      ];
    }),
  );
  if (pgbenchResults.length > 0) {
    const middle = (key: keyof PgbenchFigures) => median(pgbenchResults.map((one) => one[key]));
    rows.push([
      'create, pgbench',
      whole(middle('requestsPerSecond')),
      ...['', '', ''],
      whole(middle('databaseMicroseconds')),
      '',
    ]);
  }
  print();
  printTable([
    ['', 'requests/s', 'p50 ms', 'p99 ms', 'server µs', 'database µs', 'bytes'],
    ...rows,
  ]);
}

function printRatios(
  anteroom: Record<Operation, Figures[]> | undefined,
  plain: Record<Operation, Figures[]> | undefined,
): boolean {
  /** The two are compared within a round, so what slows the machine for a while slows both. */
  const ratio = (operation: Operation, of: (figures: Figures) => number) => {
    const theirs = plain?.[operation] ?? [];
    return median(
      (anteroom?.[operation] ?? []).map((ours, index) => of(ours) / of(theirs[index] as Figures)),
    );
  };
  print();
  print('Requests a second against the plain server, the limit marked in the bar:');
  return printVerdicts(
    operations.map((operation) => {
      const cost = ratio(
        operation,
        (figures) => 1 / (figures.serverMicroseconds + figures.databaseMicroseconds),
      );
      return {
        name: operation,
        value: ratio(operation, (figures) => figures.requestsPerSecond),
        limit: limits[operation],
        want: 'at least',
        note: `   (processor time ${cost.toFixed(2)})`,
      };
    }),
  );
}
