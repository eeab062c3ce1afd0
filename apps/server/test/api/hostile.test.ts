import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hostile, mostGrowthMib, openHostile } from './hostile.ts';

const each = 1_000;

describe('hostile input', () => {
  let hostile: Hostile;
  let memoryBefore: number;
  beforeAll(async () => {
    hostile = await openHostile();
    memoryBefore = await hostile.memory();
  });
  afterAll(() => hostile.close());

  it.each(['generated', 'mutated'] as const)(
    `gets what the OpenAPI file publishes and never a 5xx, in ${each} %s requests`,
    async (kind) => {
      await hostile.attack(kind, each);
    },
    120_000,
  );

  it('leaves alone what the server owns and what is another organisation’s', async () => {
    expect(await hostile.findDamage()).toEqual([]);
  });

  it('leaves no memory in use', async () => {
    expect((await hostile.memory()) - memoryBefore).toBeLessThan(mostGrowthMib);
  });

  it('came as far as the handlers, and not only to the doors', () => {
    for (const status of [200, 201, 400, 401, 404, 422]) {
      expect(hostile.statuses).toHaveProperty([status]);
    }
  });
});
