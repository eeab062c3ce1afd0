import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { MoveClockRequest } from '@anteroom/contract';
import { isoFromDatabase } from './clock.ts';
import { type Database, type Runner, statement } from './database/index.ts';
import { refuse, refuseFaults } from './errors.ts';

const readRow = statement<{ room_key_secret: Buffer }>(
  'read_installation',
  'select room_key_secret from installation',
);

interface Secrets {
  /** Signs room keys. */
  roomKeySecret: KeyObject;
  /** Seals access tokens. */
  tokenSecret: KeyObject;
  /** Hides what was guessed at. */
  guessSecret: KeyObject;
  /** Seals the sessions of unverified visitors. */
  visitSecret: KeyObject;
}

/** What belongs to the installation as a whole: its secrets, all others derived from the first (RFC 5869). */
export async function readInstallation(database: Database): Promise<Secrets> {
  const row = await database.anywhere.one(readRow, []);
  if (!row) throw new Error('the installation row is missing');
  const { room_key_secret: secret } = row;
  const derived = (purpose: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
  return {
    roomKeySecret: createSecretKey(secret),
    tokenSecret: derived('access tokens'),
    guessSecret: derived('guesses'),
    visitSecret: derived('unverified visits'),
  };
}

const readSandbox = statement<{ sandbox_at: string | null; is_new: boolean }>(
  'read_sandbox',
  'select sandbox_at, not exists (select from organisations) as is_new from installation',
);
const beginSandbox = statement('begin_sandbox', 'select begin_sandbox($1::timestamptz)');
const moveClock = statement<{ sandbox_at: string }>(
  'move_clock',
  'select sandbox_at from move_sandbox_clock($1, $2) as sandbox_at',
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
 * Moves the sandbox's clock, to an instant or on by minutes, and answers where it stands. What is due
 * then has to be swept. Throws `validation_failed` when neither or both are given, or when the clock
 * would go back; `not_found` when this is no sandbox.
 */
export async function moveSandboxClock(database: Runner, to: MoveClockRequest): Promise<string> {
  const { clock_at: instant = null, advance_in_minutes: minutes = null } = to;
  if ((instant === null) === (minutes === null)) {
    const sentence =
      instant === null
        ? 'clock_at is required: send it or advance_in_minutes, one of the two.'
        : 'clock_at must be an instant without advance_in_minutes beside it; send one of the two.';
    throw refuseFaults({ clock_at: [sentence] });
  }
  const moved = await database.one(moveClock, [instant, minutes]);
  if (moved) return isoFromDatabase(moved.sandbox_at);
  const state = await database.one(readSandbox, []);
  if (!state?.sandbox_at) {
    throw refuse('not_found', {
      message:
        'This installation runs in real time. Only one first started with SANDBOX_CLOCK has a clock to move.',
    });
  }
  const standsAt = isoFromDatabase(state.sandbox_at);
  throw refuseFaults({
    clock_at: [`clock_at must not lie before ${standsAt}: the clock moves forward only.`],
  });
}
