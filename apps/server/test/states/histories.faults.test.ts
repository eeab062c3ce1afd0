import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../harness.ts';
import { runHistories } from './histories.ts';
import { allowedMoves } from './model.ts';
import { openStage } from './stage.ts';
import { beginning } from './walk.ts';

const runs = 10_000;

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

// Other histories every time; a failure names its seed.
it('the server does as the model in 10,000 histories', { timeout: 3_600_000 }, async () => {
  const moves = await runHistories(anteroom, { runs });
  for (const move of allowedMoves) expect(moves).toContain(move.join(' -> '));
});
