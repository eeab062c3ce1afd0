// Sends attacks to a server and judges what it makes of them.

import { memoryUsage } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ErrorCode, errors } from '@anteroom/contract';
import fc from 'fast-check';
import { startTestServer, type TestServer } from '../harness.ts';
import { type Operation, readOperations } from '../openapi.ts';
import { comparePublished } from '../published.ts';
import { makeThing } from '../things.ts';
import { type Attack, attacksOn, writeAttack } from './attacks.ts';
import { planted } from './hostile-bodies.ts';
import { type RawAnswer, sendRaw } from './raw-http.ts';

export interface Hostile {
  anteroom: TestServer;
  /**
   * Sends this many attacks, one after another, each made anew from the seed, and throws with the
   * smallest that the server does not stand.
   */
  attack(kind: 'generated' | 'mutated', count: number, seed?: number): Promise<void>;
  /** How often each status was answered so far; 0 is no answer. */
  statuses: Record<number, number>;
  /** What the attacks have left where they may not; empty when all is well. */
  findDamage(): Promise<string[]>;
  /** MiB in use by the server and this test together, once what nobody needs is gone. */
  memory(): Promise<number>;
  close(): Promise<void>;
}

/** What nobody outside should read: our code, our SQL, our machine. */
const internals = [
  /node_modules|\bat [\w.<>]+ ?\(|\.[cm]?[jt]s:\d|\/(?:home|tmp|usr|var|work)\//,
  /\bselect\b.+\bfrom\b|insert into|\bupdate\b.+\bset\b|violates|constraint|relation "|syntax error/i,
  /ECONN|EPIPE|FST_ERR|\bajv\b|fastify|typebox|\bundefined\b|\[object |\bNaN\b/,
];

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What may be in use for good after any number of requests. */
export const mostGrowthMib = 50;

/** So that a small request cannot ask for a large refusal. */
const longestRefusal = 64 * 1024;

/** Appointments live this many attacks; a cancelled one would refuse everything. */
const attacksOnOne = 8;

/** A server with two organisations, of which the first attacks. */
export async function openHostile(): Promise<Hostile> {
  const anteroom = await startTestServer({ trustedProxies: ['127.0.0.1'] });
  const [mine, theirs] = anteroom.organisations;
  const port = Number(new URL(anteroom.url).port);
  const operations = await readOperations(anteroom.url);
  const named = new Map(operations.map((operation) => [operation.name, operation]));
  const statuses: Record<number, number> = {};
  const targets = new Map<string, { id: string; used: number }>();
  const before = new Map<string, string>();
  let sent = 0;

  await makeThing(anteroom, '/api/v1/appointments/{id}', theirs);
  const theirsBefore = await fingerprints('organisation_id = $1', [theirs.id]);

  /** What no request may change, of every appointment that these conditions choose. */
  async function fingerprints(where: string, values: unknown[]): Promise<Map<string, string>> {
    const rows = await anteroom.testDatabase.query<{ id: string; owned: string }>(
      `select id, jsonb_build_array(organisation_id, reference, created_at, meeting_id, room_name)::text
         as owned from appointments where ${where}`,
      values,
    );
    return new Map(rows.map(({ id, owned }) => [id, owned]));
  }

  async function targetFor(path: string): Promise<string> {
    const old = targets.get(path);
    if (old && old.used < attacksOnOne) {
      old.used += 1;
      return old.id;
    }
    const id = await makeThing(anteroom, path, mine);
    targets.set(path, { id, used: 1 });
    for (const [key, owned] of await fingerprints('id::text = $1', [id])) before.set(key, owned);
    return id;
  }

  const basic = Buffer.from(`${mine.clientId}:${mine.clientSecret}`).toString('base64');

  async function send({ path, scopes }: Operation, attack: Attack): Promise<RawAnswer> {
    sent += 1;
    const id = attack.address.includes('{id}') ? await targetFor(path) : '';
    const authorization = scopes === null ? `Basic ${basic}` : `Bearer ${mine.token}`;
    const request = writeAttack(attack, { number: sent, port, id, authorization });
    return sendRaw(port, request, attack.isWhole);
  }

  return {
    anteroom,
    statuses,
    async attack(kind, count, seed) {
      await fc.assert(
        fc.asyncProperty(attacksOn(operations, kind), async (attack) => {
          const operation = named.get(attack.operation) as Operation;
          const answer = await send(operation, attack);
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
          const faults = findFaults(operation, attack, answer);
          if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${answer.received}`);
        }),
        { numRuns: count, ...(seed === undefined ? {} : { seed }) },
      );
    },
    async findDamage() {
      const damage: string[] = [];
      const now = await fingerprints('true', []);
      for (const [id, owned] of [...before, ...theirsBefore]) {
        if (now.get(id) !== owned) damage.push(`${id} was ${owned} and is ${now.get(id)}`);
      }
      const rows = await anteroom.testDatabase.query<{ text: string }>(
        `select row::text as text from appointments row
         where organisation_id not in ($1, $2) or version > 1000 or revision > 1000
           or strpos(row::text, $3) > 0 or strpos(row::text, $4) > 0
           or (organisation_id = $2 and not id = any($5))`,
        [mine.id, theirs.id, planted.text, planted.date, [...theirsBefore.keys()]],
      );
      damage.push(...rows.map(({ text }) => `stored: ${text}`));
      return damage;
    },
    async memory() {
      // Some of it is let go of only after what held it has been collected.
      for (let time = 1; time <= 5; time++) {
        collectGarbage();
        await setImmediate();
      }
      const { heapUsed, external } = memoryUsage();
      return (heapUsed + external) / 1024 / 1024;
    },
    close: () => anteroom.close(),
  };
}

/** Says everything that is wrong with an answer. */
function findFaults({ path }: Operation, attack: Attack, answer: RawAnswer): string[] {
  const { status, headers, text, received } = answer;
  if (status === 0) return attack.isWhole ? ['closed without an answer'] : [];
  const faults: string[] = [];
  if (status >= 500 || /HTTP\/1\.1 5\d\d/.test(received)) faults.push('our own fault');
  if (status >= 400 && internals.some((pattern) => pattern.test(received)))
    faults.push('shows what is inside');
  if (status >= 400 && text.length > longestRefusal) faults.push('a refusal that never ends');
  if (text === '') {
    const isEmpty = attack.method === 'HEAD' || (status === 200 && path === '/oauth2/revoke');
    return isEmpty ? faults : [...faults, 'an answer without a body'];
  }
  if (headers.get('content-type') !== 'application/json; charset=utf-8') {
    return [...faults, 'not JSON in UTF-8'];
  }
  const json = JSON.parse(text);
  if (status >= 400 && !('error' in json)) {
    const { code, message, request_id: requestId } = json;
    const isRegistered = errors[code as ErrorCode]?.status === status;
    if (!isRegistered || !message || !requestId) faults.push('not an error of the registry');
  }
  // What never became a request was refused before anyone knew which operation it meant.
  if (!headers.has('x-request-id')) return faults;
  const [address = ''] = attack.address.split('?');
  try {
    comparePublished(attack.method, address, status, text);
  } catch (error) {
    faults.push((error as Error).message);
  }
  return faults;
}
