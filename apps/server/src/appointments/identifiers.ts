import { createHmac, type KeyObject, randomBytes, randomUUID } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Takes random bytes from one draw, since each draw has a price of its own. */
function drawRandom(bytes: number) {
  let drawn = randomBytes(bytes);
  let used = 0;
  return (count: number) => {
    if (used + count > bytes) {
      drawn = randomBytes(bytes);
      used = 0;
    }
    used += count;
    return drawn.subarray(used - count, used);
  };
}

/** Random bytes that were drawn together, to be taken one after the other. */
export type Random = ReturnType<typeof drawRandom>;

/** Random text in Crockford's base 32, five bits a character. */
function randomText(take: Random, characters: number): string {
  let text = '';
  for (const byte of take(characters)) text += alphabet[byte & 31];
  return text;
}

/**
 * A UUID version 7 (RFC 9562, method 3): milliseconds, then the microseconds, then 64 random bits.
 * Sorting by it is sorting by the instant, to the microsecond.
 */
function timeOrderedId(take: Random, instant: string): string {
  const milliseconds = Date.parse(`${instant.slice(0, 23)}Z`)
    .toString(16)
    .padStart(12, '0');
  const random = take(9);
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
function signRoomKey(secret: KeyObject, meetingId: string, issuedAt: string, jti: string): string {
  const issuedAtSeconds = Math.floor(Date.parse(issuedAt) / 1000);
  const claims = encode({ meetingId, roomKeyType: 'meetingHost', iat: issuedAtSeconds, jti });
  const signed = `${keyHeader}.${claims}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const linkBytes = 26 + 10 + 26;

/** What the links hold, and rotation makes anew; the meeting and its room stay. */
export function makeLinks(
  meetingId: string,
  issuedAt: string,
  roomKeySecret: KeyObject,
  take: Random = drawRandom(linkBytes),
) {
  return {
    claimant_token: randomText(take, 26),
    entry_code: randomText(take, 10),
    room_key: signRoomKey(roomKeySecret, meetingId, issuedAt, randomText(take, 26)),
  };
}

/** The random bytes of so many appointments, for `makeIdentifiers`. */
export const drawIdentifiers = (count: number) => drawRandom(count * (9 + 6 + linkBytes));

/** All that is made up for a new appointment (contract section 3, "Notes"). */
export function makeIdentifiers(
  createdAt: string,
  roomKeySecret: KeyObject,
  take: Random = drawIdentifiers(1),
) {
  const meetingId = String(100_000_000 + take(6).readUIntBE(0, 5));
  return {
    id: timeOrderedId(take, createdAt),
    meeting_id: meetingId,
    room_name: randomUUID(),
    ...makeLinks(meetingId, createdAt, roomKeySecret, take),
  };
}
