import { afterAll, beforeAll, expect, it } from 'vitest';
import { tell } from '../faults/rounds.ts';
import { type Hostile, mostGrowthMib, openHostile } from './hostile.ts';

const each = 10_000;

let hostile: Hostile;
beforeAll(async () => {
  hostile = await openHostile();
});
afterAll(() => hostile.close());

it(`stands ${each} generated and ${each} mutated requests, and keeps nothing of them`, async () => {
  // Until what is made once has been made.
  await hostile.attack('mutated', each / 10);
  const memoryBefore = await hostile.memory();
  await hostile.attack('generated', each);
  await hostile.attack('mutated', each);
  const growthMib = (await hostile.memory()) - memoryBefore;
  tell(`statuses ${JSON.stringify(hostile.statuses)}, memory ${growthMib.toFixed(1)} MiB more`);
  expect(await hostile.findDamage()).toEqual([]);
  expect(growthMib).toBeLessThan(mostGrowthMib);
});
