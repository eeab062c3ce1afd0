import type { ListRequest } from '@anteroom/contract';
import { type OrganisationDatabase, unnamed } from '../platform/database/index.ts';
import { named, type Selection, selectionOf } from './list.ts';

/** Counting up to here is cheap, and exact every time. */
const cheapCount = 1_000;
const rememberedForMs = 10_000;
const refreshedAfterMs = 5_000;

/**
 * Counts the appointments that a request's filters meet: exactly while that is cheap, else as it
 * was at most ten seconds ago. Big counts run apart from the pipeline, so that nobody waits behind
 * one, and each runs once at a time.
 */
export function openCounts() {
  interface Remembered {
    total: number;
    countedAt: number;
    running: Promise<number> | null;
  }
  const remembered = new Map<string, Remembered>();
  const mostRemembered = 2_000;

  function countAll(
    database: OrganisationDatabase,
    selection: Selection,
    key: string,
  ): Promise<number> {
    const entry = remembered.get(key);
    if (entry?.running) return entry.running;
    const countedAt = performance.now();
    const counting = unnamed<{ total: number }>(
      `select count(*)::integer as total from appointments where ${selection.conditions.join(' and ')}`,
    );
    const running = database
      .transaction(
        async (transaction) => (await transaction.one(counting, selection.values))?.total ?? 0,
      )
      .then(
        (total) => {
          remembered.delete(key);
          if (total > cheapCount) remembered.set(key, { total, countedAt, running: null });
          if (remembered.size > mostRemembered)
            remembered.delete(remembered.keys().next().value as string);
          return total;
        },
        (error) => {
          remembered.delete(key);
          throw error;
        },
      );
    remembered.set(key, {
      total: entry?.total ?? 0,
      countedAt: entry?.countedAt ?? -Infinity,
      running,
    });
    return running;
  }

  return async (database: OrganisationDatabase, organisationId: string, request: ListRequest) => {
    const selection = selectionOf(request);
    const key = JSON.stringify([organisationId, selection.conditions, selection.values]);
    const entry = remembered.get(key);
    const ageMs = entry ? performance.now() - entry.countedAt : Infinity;
    if (entry && ageMs < rememberedForMs) {
      // A failure is told to the next caller who has to wait for the count.
      if (ageMs > refreshedAfterMs) countAll(database, selection, key).catch(() => {});
      return entry.total;
    }
    if (entry) return countAll(database, selection, key);
    const few = await database.one(
      named<{ total: number }>(
        selection,
        'count_few',
        `select count(*)::integer as total from (select from appointments
         where ${selection.conditions.join(' and ')} limit ${cheapCount + 1}) as counted`,
      ),
      selection.values,
    );
    const total = few?.total ?? 0;
    return total <= cheapCount ? total : countAll(database, selection, key);
  };
}
