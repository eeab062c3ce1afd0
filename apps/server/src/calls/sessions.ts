import { type Database, listText, statement } from '../platform/database/index.ts';

const findLive = statement<{ session_hash: Buffer }>(
  'find_live_sessions',
  'select session_hash from find_live_sessions($1::bytea[])',
);

/** Which of these sessions, as tickets name them, are still good: not signed out, rotated or expired. */
export async function findLiveSessions(
  database: Database,
  sessionIds: readonly string[],
): Promise<Set<string>> {
  const hashes = listText(
    sessionIds.map((id) => `\\x${Buffer.from(id, 'base64url').toString('hex')}`),
  );
  const rows = await database.anywhere.many(findLive, [hashes]);
  return new Set(rows.map((row) => row.session_hash.toString('base64url')));
}
