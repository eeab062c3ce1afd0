import type { Scope, TokenAnswer } from '@anteroom/contract';
import { type ExchangeOptions, exchange, type Received, type Request } from './exchange.ts';
import { type Limits, unlessAborted } from './limits.ts';

/** The client of an organisation. Its secret belongs on a server: in a browser everyone can read it. */
export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
  /** What tokens may do; everything that the client may unless given. */
  scopes?: readonly Scope[] | undefined;
}

/** A token that somebody else fetched; when it is refused, nothing can be done about it. */
export interface GivenToken {
  token: string;
}

/** For browsers: asks your own server, which has the secret, for what `/oauth2/token` answered. */
export interface FetchedToken {
  fetchToken(signal: AbortSignal): Promise<Pick<TokenAnswer, 'access_token' | 'expires_in'>>;
}

export type Credentials = ClientCredentials | GivenToken | FetchedToken;

/** A token is renewed so long before it expires; one that lives shorter than twice this, at half its life. */
const earlyMs = 60_000;

interface Fetching {
  promise: Promise<string>;
  controller: AbortController;
  waiting: number;
}

/** Holds a token that is good, fetching it when it has to: once, however many calls wait for it. */
export class Tokens {
  readonly #credentials: Credentials;
  readonly #exchange: (request: Request, limits: Limits) => Promise<Received>;
  readonly #deadlineMs: number;
  #current: { token: string; renewAt: number } | undefined;
  #fetching: Fetching | undefined;

  constructor(credentials: Credentials, options: ExchangeOptions & { deadlineMs: number }) {
    this.#credentials = credentials;
    this.#exchange = (request, limits) => exchange(options, request, limits);
    this.#deadlineMs = options.deadlineMs;
  }

  get isRenewable(): boolean {
    return !('token' in this.#credentials);
  }

  /** A token that lives for a while yet. The last call that stops waiting ends the fetch. */
  async find(signal: AbortSignal): Promise<string> {
    if ('token' in this.#credentials) return this.#credentials.token;
    if (this.#current && Date.now() < this.#current.renewAt) return this.#current.token;
    this.#fetching ??= this.#beginFetching();
    const fetching = this.#fetching;
    fetching.waiting += 1;
    try {
      return await unlessAborted(fetching.promise, signal);
    } finally {
      fetching.waiting -= 1;
      if (fetching.waiting === 0) {
        if (this.#fetching === fetching) this.#fetching = undefined;
        fetching.controller.abort();
      }
    }
  }

  /** Forgets a token that was refused, unless another has taken its place. */
  forget(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  /** Revokes the token that is held, if one is; a call after it fetches another. */
  async revoke(limits: Limits): Promise<void> {
    if (!('clientSecret' in this.#credentials)) {
      throw new TypeError('A token can be revoked only with the client’s id and secret.');
    }
    const token = this.#current?.token;
    if (token === undefined) return;
    this.forget(token);
    const form = new URLSearchParams({ token });
    await this.#exchange(signedBy(this.#credentials, '/oauth2/revoke', form), limits);
  }

  #beginFetching(): Fetching {
    const controller = new AbortController();
    const fetching = { promise: this.#fetch(controller.signal), controller, waiting: 0 };
    const settle = () => {
      if (this.#fetching === fetching) this.#fetching = undefined;
    };
    // Those who wait hear of a failure; here it only means that it is over.
    fetching.promise.then(settle, settle);
    return fetching;
  }

  async #fetch(signal: AbortSignal): Promise<string> {
    const beganAt = Date.now();
    const { access_token: token, expires_in: lifetimeSeconds } = await this.#ask(signal);
    const lifetimeMs = lifetimeSeconds * 1000;
    const renewAt = beganAt + lifetimeMs - Math.min(earlyMs, lifetimeMs / 2);
    this.#current = { token, renewAt };
    return token;
  }

  async #ask(signal: AbortSignal): Promise<Pick<TokenAnswer, 'access_token' | 'expires_in'>> {
    const credentials = this.#credentials;
    if ('fetchToken' in credentials) return credentials.fetchToken(signal);
    if (!('clientSecret' in credentials)) throw new TypeError('Nothing to fetch a token with.');
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (credentials.scopes) form.set('scope', credentials.scopes.join(' '));
    const limits = { signal, endsAt: performance.now() + this.#deadlineMs };
    const { body } = await this.#exchange(signedBy(credentials, '/oauth2/token', form), limits);
    return body as TokenAnswer;
  }
}

/** A request of the client itself (RFC 6749 section 2.3.1). */
function signedBy(
  { clientId, clientSecret }: ClientCredentials,
  path: string,
  form: URLSearchParams,
): Request {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  return {
    method: 'POST',
    path,
    headers: { authorization: `Basic ${btoa(pair)}` },
    body: form,
    isRepeatable: true,
  };
}
