/** What a bulk is worth, and what it costs those who schedule one by one beside it. */

import { bulkRows, type Figures, manyConnections, startLoad, type Target } from './load.ts';
import { median, print, printTable, printVerdicts } from './report.ts';
import { startAnteroom } from './servers.ts';

/** One bulk of a client is carried out at a time: a second is on its way meanwhile. */
const bulkConnections = 2;

const fullPlan = { rounds: 5, slices: 4, warmUpMilliseconds: 200, sliceMilliseconds: 1000 };
const quickPlan = { rounds: 1, slices: 1, warmUpMilliseconds: 200, sliceMilliseconds: 300 };
const rehearsal = { ...quickPlan, warmUpMilliseconds: 2000 };

/** Measures and prints; true when every limit is kept. */
export async function measureBulk(
  folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const plan = quick ? quickPlan : fullPlan;
  const anteroom = await startAnteroom(folder);
  defer(anteroom.stop);
  const load = startLoad();
  defer(load.stop);
  const { name, url, headers, processes } = anteroom;
  const server = { name, url, headers, processes };
  const bulk = { operation: 'bulk', connections: bulkConnections } as const;
  const single = { operation: 'create json', connections: manyConnections } as const;
  const targets: Target[] = [
    { ...server, ...single },
    { ...server, ...bulk },
    { ...server, ...single, beside: bulk },
  ];

  if (!quick) {
    print('rehearsal, not reported');
    await load.measure({ ...rehearsal, targets });
  }
  const rounds: [alone: Figures, bulk: Figures, beside: Figures][] = [];
  for (let number = 1; number <= plan.rounds; number += 1) {
    print(`round ${number} of ${plan.rounds}`);
    const [first, second, third] = await load.measure({ ...plan, targets });
    rounds.push([first as Figures, second as Figures, third as Figures]);
  }

  const middle = (of: (round: (typeof rounds)[number]) => number) => median(rounds.map(of));
  const rowsOf = ([, { requestsPerSecond }]: (typeof rounds)[number]) =>
    requestsPerSecond * bulkRows;
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const line = (title: string, place: 0 | 1 | 2, rows: number) => [
    title,
    whole(middle((round) => round[place].requestsPerSecond) * rows),
    middle((round) => round[place].median).toFixed(1),
    middle((round) => round[place].percentile99).toFixed(1),
    (middle((round) => round[place].serverMicroseconds) / rows).toFixed(1),
    (middle((round) => round[place].databaseMicroseconds) / rows).toFixed(1),
  ];
  print();
  printTable([
    ['', 'rows/s', 'p50 ms', 'p99 ms', 'server µs a row', 'database µs a row'],
    line('single', 0, 1),
    line(`bulk of ${bulkRows}`, 1, bulkRows),
    // What both cost together cannot be told apart.
    [...line('single, beside bulks', 2, 1).slice(0, 4), '', ''],
    [
      'bulk, beside singles',
      whole(middle(([, , { besidePerSecond }]) => besidePerSecond * bulkRows)),
      '',
      '',
      '',
      '',
    ],
  ]);
  print();
  return printVerdicts([
    {
      name: 'rows a second, bulk against single',
      value: middle((round) => rowsOf(round) / round[0].requestsPerSecond),
      limit: 10,
      want: 'at least',
    },
    {
      name: 'p99 of singles, beside bulks against alone',
      value: middle(([alone, , beside]) => beside.percentile99 / alone.percentile99),
      limit: 2,
      want: 'at most',
    },
  ]);
}
