import { type Database, statement } from './database/index.ts';

const readClock = statement<{ micros: string; sandbox_at: string | null }>(
  'read_clock',
  `select floor(extract(epoch from clock_timestamp()) * 1000000)::bigint as micros, sandbox_at from installation`,
);

const readAgainMs = 10_000;

/** Domain time as this process knows it (design section 4, rule 6). */
export interface Clock {
  /** The instant now, in UTC with microseconds: the database's clock, or the sandbox's. */
  now(): string | Promise<string>;
  /** Where a sandbox stands, as last read; null when this is no sandbox. */
  sandboxAt(): string | null;
  close(): void;
}

/**
 * Opens the clock. The database's time is read now and then, and monotonic time added since, so
 * the machine's wall clock may be wrong. A reading counts as taken when its answer came, so the
 * clock is late by a round trip at most and never early. A sandbox's instant is read every time.
 */
export async function openClock(database: Database): Promise<Clock> {
  let micros = 0;
  let readAtMs = 0;
  let sandboxAt: string | null = null;

  async function read(): Promise<void> {
    const row = await database.anywhere.one(readClock, []);
    if (!row) throw new Error('the installation row is missing');
    readAtMs = performance.now();
    micros = Number(row.micros);
    sandboxAt = row.sandbox_at === null ? null : isoFromDatabase(row.sandbox_at);
  }
  await read();
  const isSandbox = sandboxAt !== null;
  // While the database is away the last reading serves on.
  const timer = setInterval(() => read().catch(() => {}), isSandbox ? 1_000 : readAgainMs);
  timer.unref();

  return {
    now() {
      if (isSandbox) return read().then(() => sandboxAt as string);
      return isoFromMicros(micros + Math.floor((performance.now() - readAtMs) * 1000));
    },
    sandboxAt: () => sandboxAt,
    close: () => clearInterval(timer),
  };
}

/** `2025-08-19T16:50:00.000000Z` from microseconds since 1970. */
export function isoFromMicros(micros: number): string {
  const text = new Date(Math.floor(micros / 1000)).toISOString();
  return `${text.slice(0, 23)}${String(micros % 1000).padStart(3, '0')}Z`;
}

/** Microseconds since 1970 of `2025-08-19T16:50:00.000000Z`. */
export const microsFromIso = (text: string): number =>
  Date.parse(`${text.slice(0, 23)}Z`) * 1000 + Number(text.slice(23, 26));

/** `2025-08-19T16:50:00.000000Z` from PostgreSQL's `2025-08-19 16:50:00+00` (time zone UTC). */
export function isoFromDatabase(text: string): string {
  if (text.charCodeAt(10) === 84) return text;
  const fraction = text.length > 22 ? text.slice(20, -3).padEnd(6, '0') : '000000';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction}Z`;
}
