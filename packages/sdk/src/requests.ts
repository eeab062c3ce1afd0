import type { IncludeRequest } from '@anteroom/contract';
import { AuthenticationError } from './errors.ts';
import { type ExchangeOptions, exchange, type Received, type Request } from './exchange.ts';
import { type CallOptions, withinLimits } from './limits.ts';
import { type Credentials, Tokens } from './tokens.ts';

export interface ReadOptions extends CallOptions, IncludeRequest {}

export interface SendOptions extends ReadOptions {
  /** Refuses fields that Anteroom does not know, which it otherwise ignores (`ignoredFields`). */
  isStrict?: boolean | undefined;
}

export interface PostOptions extends SendOptions {
  /** 1 to 255 printable characters, for repeating a call beyond this process's life; a fresh one unless given. */
  idempotencyKey?: string | undefined;
}

export interface ConditionalOptions {
  /** Only while the appointment is the version with this `etag`; else a `VersionMismatchError`. */
  ifMatch?: string | undefined;
}

/** Query parameters; lists are repeated, null and undefined left out. */
export type Query = { readonly [name: string]: unknown };

/** The requests of the API, each with a good token and within its limits. */
export class Requests {
  readonly #options: ExchangeOptions & { deadlineMs: number };
  readonly #tokens: Tokens;

  constructor(options: ExchangeOptions & { deadlineMs: number }, credentials: Credentials) {
    this.#options = options;
    this.#tokens = new Tokens(credentials, options);
  }

  get(path: string, query: Query = {}, options: CallOptions = {}): Promise<Received> {
    const address = path + queryText(query);
    return this.#send({ method: 'GET', path: address, headers: {}, isRepeatable: true }, options);
  }

  /** With an Idempotency-Key, the same in every attempt: however often it arrives, it is carried out once. */
  post(
    path: string,
    body: object,
    options: PostOptions & ConditionalOptions = {},
  ): Promise<Received> {
    const { idempotencyKey = freshKey() } = options;
    const request = requestOf('POST', path, body, options);
    request.headers['idempotency-key'] = idempotencyKey;
    return this.#send({ ...request, isRepeatable: true }, options);
  }

  /** Asks what is too personal for an address. It changes nothing, so it needs no key. */
  ask(path: string, body: object, options: ReadOptions): Promise<Received> {
    return this.#send({ ...requestOf('POST', path, body, options), isRepeatable: true }, options);
  }

  /** A repetition could undo what somebody else did in between, unless it has a condition. */
  patch(path: string, body: object, options: SendOptions & ConditionalOptions = {}) {
    const isRepeatable = options.ifMatch !== undefined;
    return this.#send({ ...requestOf('PATCH', path, body, options), isRepeatable }, options);
  }

  revokeToken(options: CallOptions = {}): Promise<void> {
    return withinLimits(this.#limits(options), (limits) => this.#tokens.revoke(limits));
  }

  #send(request: Request, options: CallOptions): Promise<Received> {
    return withinLimits(this.#limits(options), async (limits) => {
      const token = await this.#tokens.find(limits.signal);
      const withToken = (bearer: string) => ({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${bearer}` },
      });
      try {
        return await exchange(this.#options, withToken(token), limits);
      } catch (error) {
        if (!(error instanceof AuthenticationError && this.#tokens.isRenewable)) throw error;
        // Revoked, or the clocks disagree. What was refused was not carried out.
        this.#tokens.forget(token);
        const renewed = await this.#tokens.find(limits.signal);
        return exchange(this.#options, withToken(renewed), limits);
      }
    });
  }

  #limits({ signal, deadlineMs = this.#options.deadlineMs }: CallOptions) {
    return { signal, deadlineMs };
  }
}

function requestOf(
  method: 'POST' | 'PATCH',
  path: string,
  body: object,
  { isStrict, ifMatch, include }: SendOptions & ConditionalOptions,
) {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (isStrict) headers.prefer = 'handling=strict';
  if (ifMatch !== undefined) headers['if-match'] = ifMatch;
  return { method, path: path + queryText({ include }), headers, body: JSON.stringify(body) };
}

function queryText(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined) pairs.append(name, String(one));
    }
  }
  const text = String(pairs);
  return text && `?${text}`;
}

/** 128 random bits; `randomUUID` is not there on pages without TLS. */
const freshKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
