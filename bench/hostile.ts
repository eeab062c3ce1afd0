/** How long the slowest of many hostile requests waits for its answer. */

import fc from 'fast-check';
import { attacksOn, writeAttack } from '../apps/server/test/api/attacks.ts';
import { sendRaw } from '../apps/server/test/api/raw-http.ts';
import { readOperations } from '../apps/server/test/openapi.ts';
import { appointmentsPath, createBodies, freshReference } from './example.ts';
import { median, print, printTable, printVerdicts } from './report.ts';
import { startAnteroom } from './servers.ts';

const seed = 1;
const slowestShown = 5;

/** Sends half of them made from nothing, half spoilt; true when every answer came in time. */
export async function measureHostile(
  folder: string,
  defer: (close: () => unknown) => void,
  requests: number,
): Promise<boolean> {
  const anteroom = await startAnteroom(folder);
  defer(anteroom.stop);
  const { url, headers } = anteroom;
  const port = Number(new URL(url).port);
  const operations = await readOperations(url);
  const authorization = headers.authorization as string;
  const attacks = (['generated', 'mutated'] as const).flatMap((kind) =>
    fc.sample(attacksOn(operations, kind), { numRuns: requests / 2, seed }),
  );

  const times: { what: string; seconds: number }[] = [];
  let id = '';
  for (const [number, attack] of attacks.entries()) {
    // A cancelled appointment would refuse everything.
    if (number % 8 === 0) id = await create(url, authorization, number);
    const request = writeAttack(attack, { number, port, id, authorization });
    const { status, milliseconds } = await sendRaw(port, request, attack.isWhole);
    const size = `${attack.body?.length ?? 0} bytes`;
    times.push({ what: `${attack.operation}, ${size}, ${status}`, seconds: milliseconds / 1000 });
  }
  times.sort((one, other) => other.seconds - one.seconds);
  const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(1)} ms`;
  printTable(
    times.slice(0, slowestShown).map(({ what, seconds }) => [what, milliseconds(seconds)]),
  );
  const middle = median(times.map(({ seconds }) => seconds));
  print(`${times.length} requests, median ${milliseconds(middle)}`);
  const slowest = times[0]?.seconds ?? 0;
  return printVerdicts([{ name: 'slowest answer, s', value: slowest, limit: 1, want: 'at most' }]);
}

async function create(url: string, authorization: string, number: number): Promise<string> {
  const { before, after } = createBodies.json;
  const answer = await fetch(url + appointmentsPath, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: before + freshReference(number) + after,
  });
  if (answer.status !== 201) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { data: { id: string } }).data.id;
}
