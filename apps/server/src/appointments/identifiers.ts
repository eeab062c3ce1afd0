import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Random text in Crockford's base 32, five bits a character. */
function randomText(characters: number): string {
  const bytes = randomBytes(characters);
  let text = '';
  for (const byte of bytes) text += alphabet[byte & 31];
  return text;
}

/**
 * A UUID version 7 (RFC 9562, method 3): milliseconds, then the microseconds, then 66 random bits.
 * Sorting by it is sorting by the instant, to the microsecond.
 */
function timeOrderedId(instant: string): string {
  const milliseconds = Date.parse(`${instant.slice(0, 23)}Z`)
    .toString(16)
    .padStart(12, '0');
  const random = randomBytes(9);
  const microseconds = (Number(instant.slice(23, 26)) << 2) | ((random[8] ?? 0) & 3);
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
  const tail = random.toString('hex', 0, 8);
  return (
    `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${microseconds.toString(16).padStart(3, '0')}` +
    `-${tail.slice(0, 4)}-${tail.slice(4)}`
  );
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const keyHeader = encode({ alg: 'HS256', typ: 'JWT' });

/** The host's key of a room: a JWT (RFC 7519) that names the meeting and lives as long as its row. */
function signRoomKey(secret: Buffer, meetingId: string, createdAt: string): string {
  const issuedAtSeconds = Math.floor(Date.parse(createdAt) / 1000);
  const claims = encode({
    meetingId,
    roomKeyType: 'meetingHost',
    iat: issuedAtSeconds,
    jti: randomText(26),
  });
  const signature = createHmac('sha256', secret)
    .update(`${keyHeader}.${claims}`)
    .digest('base64url');
  return `${keyHeader}.${claims}.${signature}`;
}

/** All that is made up for a new appointment (contract section 3, "Notes"). */
export function makeIdentifiers(createdAt: string, roomKeySecret: Buffer) {
  const meetingId = String(randomInt(100_000_000, 1_000_000_000_000));
  return {
    id: timeOrderedId(createdAt),
    claimant_token: randomText(26),
    entry_code: randomText(10),
    meeting_id: meetingId,
    room_name: randomUUID(),
    room_key: signRoomKey(roomKeySecret, meetingId, createdAt),
  };
}
