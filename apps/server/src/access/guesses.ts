import { createHmac, type KeyObject } from 'node:crypto';
import type { Forgotten } from '../platform/database/forgetting.ts';
import { type Database, listText, statement } from '../platform/database/index.ts';

/** So many guesses of one kind in so many seconds. */
export interface Window {
  /** What is counted together, such as everything from one source. */
  of: readonly (string | null)[];
  most: number;
  seconds: number;
}

const count = statement<{ is_allowed: boolean }>(
  'count_guess',
  'select count_guess($1::bytea[], $2::integer[], $3::integer[]) as is_allowed',
);
const forgive = statement('forgive_guess', 'select forgive_guess($1::bytea[])');
const remember = statement(
  'remember_source',
  `insert into guesses (key, count, ends_at) values ($1, 0, clock_timestamp() + $2 * interval '1 second')
   on conflict (key) do update set ends_at = excluded.ends_at`,
);
const isRemembered = statement<{ is_known: boolean }>(
  'is_source_known',
  `select exists (select from guesses where key = $1 and ends_at > clock_timestamp()) as is_known`,
);

/** Deletes counts whose time is over. */
export const forgetGuesses = statement<Forgotten>(
  'forget_guesses',
  'select forget_guesses($1) as rows',
);

/**
 * Counts guesses at what can be guessed, in the database, by keyed hashes of what was typed: what does
 * not exist is counted like what does (threats, T1).
 */
export function openGuesses(database: Database, secret: KeyObject) {
  const keyOf = (of: Window['of']) =>
    createHmac('sha256', secret).update(JSON.stringify(of)).digest();

  return {
    /**
     * Counts a guess before it is looked at, in each of these windows until one is full; `mayTry` is
     * whether it may be looked at. One that was right is to be forgiven: it was none.
     */
    async begin(windows: readonly Window[]) {
      const keys = listText(windows.map(({ of }) => `\\x${keyOf(of).toString('hex')}`));
      const row = await database.anywhere.one(count, [
        keys,
        listText(windows.map(({ most }) => most)),
        listText(windows.map(({ seconds }) => seconds)),
      ]);
      return {
        mayTry: row?.is_allowed === true,
        forgive: async () => {
          await database.anywhere.one(forgive, [keys]);
        },
      };
    },
    /** Notes that somebody from here was right, for so many seconds. */
    async remember(of: Window['of'], seconds: number): Promise<void> {
      await database.anywhere.one(remember, [keyOf(of), seconds]);
    },
    async isRemembered(of: Window['of']): Promise<boolean> {
      return (await database.anywhere.one(isRemembered, [keyOf(of)]))?.is_known === true;
    },
  };
}

export type Guesses = ReturnType<typeof openGuesses>;
