import type {
  ClockAnswer,
  CustomFieldAnswer,
  DepartmentAnswer,
  ListRequest,
  MeAnswer,
  MoveClockRequest,
} from '@anteroom/contract';
import { type Answer, answerOf } from './answers.ts';
import { Appointments } from './appointments.ts';
import type { CallOptions } from './limits.ts';
import { type List, listByCursor } from './lists.ts';
import { type PostOptions, Requests } from './requests.ts';
import type { Credentials } from './tokens.ts';

export type {
  AppointmentAnswer,
  CancelRequest,
  ChangeRequest,
  ClockAnswer,
  CustomFieldAnswer,
  DepartmentAnswer,
  ErrorCode,
  EventAnswer,
  EventsRequest,
  IncludeRequest,
  LinksAnswer,
  ListRequest,
  MeAnswer,
  MoveClockRequest,
  ScheduleRequest,
  Scope,
  TokenAnswer,
} from '@anteroom/contract';
export type { Answer, CursorPage, NumberedPage, VersionedAnswer } from './answers.ts';
export type { Appointments, BulkRow } from './appointments.ts';
export {
  AnteroomError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ConnectionError,
  DeadlineError,
  IdempotencyError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ReferenceTakenError,
  ServerError,
  UnavailableError,
  UnexpectedAnswerError,
  ValidationError,
  VersionMismatchError,
} from './errors.ts';
export type { CallOptions } from './limits.ts';
export type { List } from './lists.ts';
export type { ConditionalOptions, PostOptions, ReadOptions, SendOptions } from './requests.ts';
export type { ClientCredentials, Credentials, FetchedToken, GivenToken } from './tokens.ts';

export interface AnteroomSettings {
  /** The public address of the organisation, such as `https://visits.example.org`. */
  url: string;
  /** For each call with all its attempts; 60,000 unless given. */
  deadlineMs?: number | undefined;
  /** How often a request is sent at most; 6 unless given, 1 repeats nothing. */
  mostAttempts?: number | undefined;
  /** What sends requests; the global `fetch` unless given. */
  fetch?: typeof globalThis.fetch | undefined;
}

type Pages = Pick<ListRequest, 'cursor' | 'per_page'>;

/**
 * One organisation's Anteroom. Holds a token and nothing else, so there is nothing to close; one for the whole program will do.
 */
export class Anteroom {
  readonly #requests: Requests;
  readonly appointments: Appointments;

  constructor(settings: AnteroomSettings & Credentials) {
    const { url, deadlineMs = 60_000, mostAttempts = 6, fetch, ...credentials } = settings;
    this.#requests = new Requests(
      {
        address: new URL(url).href.replace(/\/+$/, ''),
        deadlineMs,
        mostAttempts,
        // Looked up at each call; browsers want it called without an owner.
        fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      },
      credentials,
    );
    this.appointments = new Appointments(this.#requests);
  }

  /** Who this client is, for whom it calls, with which scopes and limits. */
  async me(options?: CallOptions): Promise<Answer<MeAnswer>> {
    return answerOf(await this.#requests.get('/api/v1/me', {}, options));
  }

  /** The departments, with the switches that a new appointment of each begins with. */
  departments(pages: Pages = {}, options?: CallOptions): List<DepartmentAnswer> {
    return listByCursor(pages.cursor, (cursor) =>
      this.#requests.get('/api/v1/departments', { ...pages, cursor }, options),
    );
  }

  /** What the organisation asks about a claimant besides; `claimant.data` holds the values. */
  customFields(pages: Pages = {}, options?: CallOptions): List<CustomFieldAnswer> {
    return listByCursor(pages.cursor, (cursor) =>
      this.#requests.get('/api/v1/custom-fields', { ...pages, cursor }, options),
    );
  }

  /**
   * Moves the clock of a sandbox forward, to an instant or by minutes, once, however often the request has to be sent. Throws
   * `NotFoundError` where there is no sandbox.
   */
  async moveClock(move: MoveClockRequest, options?: PostOptions): Promise<Answer<ClockAnswer>> {
    return answerOf(await this.#requests.post('/api/v1/sandbox/clock', move, options));
  }

  /** Revokes the token that is held, within a second everywhere; the next call fetches another. */
  revokeToken(options?: CallOptions): Promise<void> {
    return this.#requests.revokeToken(options);
  }
}
