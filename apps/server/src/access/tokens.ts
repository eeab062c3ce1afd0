import { createHmac, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from '@anteroom/contract';
import type { Forgotten } from '../platform/database/forgetting.ts';
import { type Database, statement } from '../platform/database/index.ts';
import { recent } from '../platform/recent.ts';

/** Access tokens live this long (contract section 1). */
export const tokenLifetimeSeconds = 3600;

/** A revoked token is refused everywhere within this time (contract section 1). */
const oldestAnswerMs = 1_000;

/** Who calls: a client of one organisation, with what its token allows. */
export interface Caller {
  readonly organisationId: string;
  readonly clientId: string;
  readonly scopes: ReadonlySet<Scope>;
}

interface TokenRow {
  organisation_id: string;
  client_id: string;
  scopes: Scope[];
  expires_in_seconds: number;
}

const findAccessToken = statement<TokenRow>(
  'find_access_token',
  'select * from find_access_token($1)',
);
const findClient = statement<{
  organisation_id: string;
  scopes: Scope[];
  secret_hashes: Buffer[];
}>('find_client', 'select * from find_client($1)');
const issueToken = statement(
  'issue_token',
  `insert into access_tokens (organisation_id, token_hash, client_id, scopes, expires_at)
   values (current_organisation(), $1, $2, $3, clock_timestamp() + $4 * interval '1 second')`,
);
const revokeToken = statement(
  'revoke_token',
  `update access_tokens set revoked_at = clock_timestamp()
   where token_hash = $1 and client_id = $2 and revoked_at is null`,
);

export const tokenStatements = [findAccessToken];

/** Deletes tokens that have expired; those that were revoked expire within the hour as well. */
export const forgetTokens = statement<Forgotten>(
  'forget_tokens',
  'select forget_tokens($1) as rows',
);

/** The form in which secrets are stored: they have 256 random bits, so one plain hash is enough. */
export const hashSecret = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** 256 random bits as text. */
export const makeSecret = (): string => randomBytes(32).toString('base64url');

/** 48 bits after a token's own 256, by which it is known as ours without a look-up. */
const sealLength = 8;

/** Somebody presents a text that this installation has never issued. */
export class MadeUpToken extends Error {
  override name = 'MadeUpToken';
}

export interface Tokens {
  /**
   * The caller that holds this token, or null when it is unknown, expired or revoked. Throws
   * MadeUpToken for what was never one, without asking the database.
   */
  find(token: string): Promise<Caller | null>;
  /** The client with this id and secret, or null; takes as long for an unknown id. */
  authenticateClient(id: string, secret: string): Promise<Client | null>;
  /** Makes a token that is good for `tokenLifetimeSeconds`. */
  issue(client: Client, scopes: readonly Scope[]): Promise<string>;
  /** Ends a token of this client; says nothing about tokens that are not its own (RFC 7009). */
  revoke(client: Client, token: string): Promise<void>;
}

export interface Client {
  readonly id: string;
  readonly organisationId: string;
  readonly scopes: readonly Scope[];
}

/** The client credentials and access tokens of all organisations. */
export function openTokens(database: Database, tokenSecret: KeyObject): Tokens {
  const sealOf = (secret: string) =>
    createHmac('sha256', tokenSecret).update(secret).digest('base64url').slice(0, sealLength);
  const isOurs = (token: string) => {
    const [given, right] = [token.slice(-sealLength), sealOf(token.slice(0, -sealLength))];
    return given.length === sealLength && timingSafeEqual(Buffer.from(given), Buffer.from(right));
  };

  const findRecent = recent(
    async (hash: string, token: string) => {
      if (!isOurs(token)) throw new MadeUpToken('a made-up token');
      const row = await database.anywhere.one(findAccessToken, [Buffer.from(hash, 'base64')]);
      if (!row) return null;
      const caller: Caller = {
        organisationId: row.organisation_id,
        clientId: row.client_id,
        scopes: new Set(row.scopes),
      };
      return { caller, expiresAt: performance.now() + row.expires_in_seconds * 1000 };
    },
    { oldestMs: oldestAnswerMs, most: 20_000 },
  );

  return {
    async find(token) {
      const found = await findRecent(hashSecret(token).toString('base64'), token);
      return found && performance.now() < found.expiresAt ? found.caller : null;
    },
    async authenticateClient(id, secret) {
      const row = await database.anywhere.one(findClient, [id]);
      const hash = hashSecret(secret);
      const isRight = (row?.secret_hashes ?? []).some((stored) => timingSafeEqual(stored, hash));
      return row && isRight
        ? { id, organisationId: row.organisation_id, scopes: row.scopes }
        : null;
    },
    async issue(client, scopes) {
      const secret = makeSecret();
      const token = secret + sealOf(secret);
      await database
        .in(client.organisationId)
        .one(issueToken, [hashSecret(token), client.id, scopes, tokenLifetimeSeconds]);
      return token;
    },
    async revoke(client, token) {
      await database.in(client.organisationId).one(revokeToken, [hashSecret(token), client.id]);
    },
  };
}
