import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Of a hash: 64 MiB and three passes take a core some 150 ms. */
const cost = { memory: 65_536, passes: 3, parallelism: 1 };
const tagBytes = 32;

const compute = promisify(argon2);

const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

/** Argon2id (RFC 9106) as a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const { memory, passes, parallelism } = cost;
  const nonce = randomBytes(16);
  const tag = await compute('argon2id', {
    message: password,
    nonce,
    ...cost,
    tagLength: tagBytes,
  });
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain(nonce)}$${plain(tag)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

/** No password has this hash; comparing with it takes as long as with any other. */
const nobodys = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${plain(Buffer.alloc(16))}$${plain(Buffer.alloc(tagBytes))}`;

/**
 * Whether the password is the one that was hashed. Null, for somebody who is not there, takes as long
 * and is never right.
 */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [, memory, passes, parallelism, nonce = '', tag = ''] = phc.exec(hash ?? nobodys) ?? [];
  if (memory === undefined) throw new Error('a stored password hash cannot be read');
  const expected = Buffer.from(tag, 'base64');
  const computed = await compute('argon2id', {
    message: password,
    nonce: Buffer.from(nonce, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return timingSafeEqual(computed, expected) && hash !== null;
}
