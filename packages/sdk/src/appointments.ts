import type {
  AppointmentAnswer,
  CancelRequest,
  ChangeRequest,
  ErrorCode,
  EventAnswer,
  EventsRequest,
  LinksAnswer,
  ListRequest,
  ScheduleRequest,
} from '@anteroom/contract';
import {
  type Answer,
  answerOf,
  type NumberedPage,
  numberedPageOf,
  type VersionedAnswer,
  versionedAnswerOf,
} from './answers.ts';
import type { CallOptions } from './limits.ts';
import { type List, listByCursor, listByNumber } from './lists.ts';
import type {
  ConditionalOptions,
  PostOptions,
  ReadOptions,
  Requests,
  SendOptions,
} from './requests.ts';

const path = '/api/v1/appointments';
const pathOf = (id: string, rest = '') => `${path}/${encodeURIComponent(id)}${rest}`;

/** What became of one appointment of a bulk. */
export type BulkRow =
  | { status: 201; data: AppointmentAnswer }
  | {
      status: 422;
      message: string;
      code: ErrorCode;
      errors: Record<string, string[]>;
      existing_id?: string;
    };

type ListFilters = Omit<ListRequest, 'page'>;
type Versioned = Promise<VersionedAnswer<AppointmentAnswer>>;

/** The appointments of the organisation. Every method throws an `AnteroomError`, or the reason of an aborted signal. */
export class Appointments {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Schedules one, once, however often the request has to be sent. Throws `ReferenceTakenError`, `ValidationError`. */
  async schedule(appointment: ScheduleRequest, options?: PostOptions): Versioned {
    return versionedAnswerOf(await this.#requests.post(path, appointment, options));
  }

  /**
   * Schedules up to 500 by one request. Answers what became of each, in their order: the good ones stand, whatever is wrong with
   * the others. One field at fault is no error here, but a row of `status` 422.
   */
  async scheduleBulk(
    appointments: readonly ScheduleRequest[],
    options?: PostOptions,
  ): Promise<Answer<BulkRow[]>> {
    return answerOf(await this.#requests.post(`${path}/bulk`, { appointments }, options));
  }

  /** Reads one. Throws `NotFoundError`. */
  async read(id: string, options: ReadOptions = {}): Versioned {
    const { include } = options;
    return versionedAnswerOf(await this.#requests.get(pathOf(id), { include }, options));
  }

  /**
   * Changes the fields that are sent, and no others. Where an answer is lost, the change is sent again only with `ifMatch`,
   * because without one it could undo what somebody else changed in between: then a `ConnectionError` or `UnavailableError`
   * leaves open whether it was made. With `ifMatch`, a `VersionMismatchError` after several `attempts` does.
   */
  async change(
    id: string,
    changes: ChangeRequest,
    options?: SendOptions & ConditionalOptions,
  ): Versioned {
    return versionedAnswerOf(await this.#requests.patch(pathOf(id), changes, options));
  }

  /** Cancels before any call; cancelling again changes nothing, so it is sent again as needed. Throws `ConflictError`. */
  async cancel(
    id: string,
    cancellation: CancelRequest = {},
    options?: PostOptions & ConditionalOptions,
  ): Versioned {
    return versionedAnswerOf(
      await this.#requests.post(pathOf(id, '/cancel'), cancellation, options),
    );
  }

  /** The claimant's link, short link and entry code as text and as QR, and the host's link where the token may see it. */
  async links(id: string, options?: CallOptions): Promise<Answer<LinksAnswer>> {
    return answerOf(await this.#requests.get(pathOf(id, '/links'), {}, options));
  }

  /** Makes the links anew; the ones before open nothing from now on. */
  async rotateLinks(id: string, options?: PostOptions): Promise<Answer<LinksAnswer>> {
    return answerOf(await this.#requests.post(pathOf(id, '/links/rotate'), {}, options));
  }

  /** All that match, by cursor: whatever is added meanwhile, none comes twice and none is left out. */
  list(filters: ListFilters = {}, options?: CallOptions): List<AppointmentAnswer> {
    return listByCursor(filters.cursor, (cursor) =>
      this.#requests.get(path, { ...filters, cursor }, options),
    );
  }

  /** The same list of those that `q` finds by the claimant's name, email, phone number, or the reference. */
  search(
    { include = null, ...question }: ListFilters & { q: string },
    options?: CallOptions,
  ): List<AppointmentAnswer> {
    return listByCursor(question.cursor, (cursor) =>
      this.#requests.ask(`${path}/search`, { ...question, cursor }, { ...options, include }),
    );
  }

  /** One page by its number, with the total: for what shows numbers. What is added meanwhile moves the pages. */
  async page(
    filters: Omit<ListRequest, 'cursor'> = {},
    options?: CallOptions,
  ): Promise<NumberedPage<AppointmentAnswer>> {
    return numberedPageOf(await this.#requests.get(path, filters, options));
  }

  /** What happened to one, oldest first. */
  events(
    id: string,
    pages: EventsRequest = {},
    options?: CallOptions,
  ): List<EventAnswer, NumberedPage<EventAnswer>> {
    return listByNumber(pages.page, (page) =>
      this.#requests.get(pathOf(id, '/events'), { ...pages, page }, options),
    );
  }
}
