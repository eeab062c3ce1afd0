import type { EventType } from '@anteroom/contract';
import type { Logger } from 'pino';
import { type Database, statement } from './database/index.ts';
import { describeFailure } from './http/server.ts';

/** One entry of the events table, of whichever organisation. */
export interface FollowedEvent {
  organisationId: string;
  appointmentId: string;
  version: number;
  type: EventType;
}

type Listener = (events: readonly FollowedEvent[]) => void;

export interface EventsFollower {
  /**
   * Tells the listener of events, soon after they are committed, each once; what it answers ends that.
   * While nobody needs them none are read, which they would be for each appointment that is scheduled.
   */
  follow(listener: Listener, isNeeded: () => boolean): () => void;
  /** Something was just committed in this process: looks at once. */
  nudge(): void;
  stop(): Promise<void>;
}

const findHorizon = statement<{
  last_position: string;
  oldest_running: string;
  next_to_begin: string | null;
}>('find_events_horizon_after', 'select * from find_events_horizon_after($1)');
const findAfter = statement<{
  organisation_id: string;
  appointment_id: string;
  version: number;
  type: EventType;
  position: string;
}>(
  'find_events_after',
  'select organisation_id, appointment_id, version, type, position from find_events_after($1, $2)',
);

const lookEveryMs = 250;
/** Nudges that come together share a look; under load this is the pause between two. */
const pauseMs = 50;
const atMost = 1_000;
/** At the start, so many positions back: transactions that were running then may still end. */
const lookBack = 1_000;

/**
 * Follows all events. Positions are given out before the commit, so a lower one may appear after a
 * higher one: what can be seen is told at once, and a stretch of positions counts as settled only when
 * every transaction has ended that was running when its last position had been given out. Events of one
 * appointment come in their order, since each waits for the row's lock.
 */
export async function followEvents(database: Database, log: Logger): Promise<EventsFollower> {
  const listeners = new Map<Listener, () => boolean>();
  const areNeeded = () => [...listeners.values()].some((isNeeded) => isNeeded());
  const beginning = await readHorizon(-1);
  /** Nothing at or below this can still appear. */
  let settled = Math.max(0, beginning.last - lookBack);
  /** Up to `position` all is settled once no transaction before `next` runs any more. */
  let marks: { position: number; next: bigint }[] = [];
  /** Positions above `settled` that were told. */
  let told = new Set<number>();

  async function readHorizon(knownPosition: number) {
    const row = await database.anywhere.one(findHorizon, [knownPosition]);
    if (!row) throw new Error('the events have no horizon');
    return {
      last: Number(row.last_position),
      oldest: BigInt(row.oldest_running),
      /** Null when there is no position after the known one. */
      next: row.next_to_begin === null ? null : BigInt(row.next_to_begin),
    };
  }

  async function look(): Promise<void> {
    const horizon = await readHorizon(marks.at(-1)?.position ?? settled);
    const isOver = (mark: { next: bigint }) => horizon.oldest >= mark.next;
    if (horizon.next !== null) marks.push({ position: horizon.last, next: horizon.next });
    if (marks.length === 0) return;
    if (areNeeded()) await tellAfter(settled);
    settled = marks.findLast(isOver)?.position ?? settled;
    marks = marks.filter((mark) => mark.position > settled);
    told = new Set([...told].filter((position) => position > settled));
  }

  async function tellAfter(position: number): Promise<void> {
    const rows = await database.anywhere.many(findAfter, [position, atMost]);
    const news = rows.filter((row) => !told.has(Number(row.position)));
    for (const row of news) told.add(Number(row.position));
    if (news.length > 0) {
      const events = news.map((row) => ({
        organisationId: row.organisation_id,
        appointmentId: row.appointment_id,
        version: row.version,
        type: row.type,
      }));
      for (const listener of listeners.keys()) listener(events);
    }
    const last = rows[atMost - 1];
    if (last) await tellAfter(Number(last.position));
  }

  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let isNudged = false;
  let isStopped = false;
  let isFailing = false;

  function lookIn(ms: number): void {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => {
      isNudged = false;
      running = look()
        .then(
          () => {
            isFailing = false;
          },
          (error) => {
            // One line, however long the database is away.
            if (!isFailing)
              log.warn({ failure: describeFailure(error) }, 'events are not followed');
            isFailing = true;
          },
        )
        .finally(() => {
          running = null;
          lookIn(isNudged ? pauseMs : lookEveryMs);
        });
    }, ms);
    timer.unref();
  }
  lookIn(lookEveryMs);

  return {
    follow(listener, isNeeded) {
      listeners.set(listener, isNeeded);
      return () => listeners.delete(listener);
    },
    nudge() {
      if (isNudged || !areNeeded()) return;
      isNudged = true;
      if (!running) lookIn(0);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
