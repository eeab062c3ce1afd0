import { type Database, statement } from './database/index.ts';

const readRow = statement<{ room_key_secret: Buffer }>(
  'read_installation',
  'select room_key_secret from installation',
);

/** What belongs to the installation as a whole. */
export async function readInstallation(database: Database): Promise<{ roomKeySecret: Buffer }> {
  const row = await database.anywhere.one(readRow, []);
  if (!row) throw new Error('the installation row is missing');
  return { roomKeySecret: row.room_key_secret };
}
