import { createSecretKey, type KeyObject } from 'node:crypto';
import { isoFromDatabase } from './clock.ts';
import { type Database, type Runner, statement } from './database/index.ts';

const readRow = statement<{ room_key_secret: Buffer }>(
  'read_installation',
  'select room_key_secret from installation',
);

/** What belongs to the installation as a whole. */
export async function readInstallation(database: Database): Promise<{ roomKeySecret: KeyObject }> {
  const row = await database.anywhere.one(readRow, []);
  if (!row) throw new Error('the installation row is missing');
  return { roomKeySecret: createSecretKey(row.room_key_secret) };
}

const readSandbox = statement<{ sandbox_at: string | null; is_new: boolean }>(
  'read_sandbox',
  'select sandbox_at, not exists (select from organisations) as is_new from installation',
);
const beginSandbox = statement('begin_sandbox', 'select begin_sandbox($1::timestamptz)');
const moveClock = statement<{ sandbox_at: string }>(
  'move_clock',
  'update installation set sandbox_at = $1::timestamptz where sandbox_at <= $1::timestamptz returning sandbox_at',
);

/**
 * Makes a database without organisations a sandbox that stands at this instant (design section 4,
 * rule 6). One that is a sandbox already keeps its clock. As the database's owner. Throws a sentence
 * for the operator when the database runs in real time, or when this is production.
 */
export async function settleSandbox(
  owner: Runner,
  wanted: string | null,
  isProduction: boolean,
): Promise<void> {
  const state = await owner.one(readSandbox, []);
  if (state?.sandbox_at && isProduction) {
    throw new Error(
      'This database is a sandbox, and NODE_ENV is production. Use another database.',
    );
  }
  if (wanted === null || state?.sandbox_at) return;
  if (!state?.is_new) {
    throw new Error(
      'SANDBOX_CLOCK makes a new database a sandbox; this one already runs in real time. Unset it, or use another DATA_DIR.',
    );
  }
  await owner.one(beginSandbox, [wanted]);
}

/**
 * Moves the sandbox's clock forward and answers where it stands. As the database's owner. Throws a
 * sentence when this is no sandbox or the instant lies behind the clock.
 */
export async function moveSandboxClock(owner: Runner, instant: string): Promise<string> {
  const moved = await owner.one(moveClock, [instant]);
  if (moved) return isoFromDatabase(moved.sandbox_at);
  const state = await owner.one(readSandbox, []);
  throw new Error(
    state?.sandbox_at
      ? `The clock moves forward only; it stands at ${isoFromDatabase(state.sandbox_at)}.`
      : 'This installation runs in real time. Only one first started with SANDBOX_CLOCK has a clock to move.',
  );
}
