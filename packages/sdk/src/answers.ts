import type { ListAnswer } from '@anteroom/contract';
import { UnexpectedAnswerError } from './errors.ts';
import type { Received } from './exchange.ts';

/** What a call resolves with. */
export interface Answer<Data> {
  data: Data;
  /** Paths of fields that were sent and that Anteroom does not know; with `isStrict` they are a `ValidationError` instead. */
  ignoredFields: string[];
  /** What to tell the operator of the service when something about the answer is odd. */
  requestId: string;
  /** Whether an earlier request with the same key was carried out, and this is its answer. */
  isReplayed: boolean;
}

/** The answer for something that has versions. */
export interface VersionedAnswer<Data> extends Answer<Data> {
  /** Names this version: hand it to `ifMatch`. */
  etag: string;
}

/** A page that a cursor leads to. */
export interface CursorPage<Item> extends Answer<Item[]> {
  /** Continues the list after this page, also in another process; null on the last. */
  nextCursor: string | null;
}

/** A page by its number. */
export interface NumberedPage<Item> extends Answer<Item[]> {
  links: ListAnswer['links'];
  meta: Extract<ListAnswer['meta'], { total: number }>;
}

export function answerOf<Data>({ headers, body }: Received): Answer<Data> {
  const ignored = headers.get('ignored-fields');
  return {
    data: (body as { data: Data }).data,
    ignoredFields: ignored ? ignored.split(', ').map(decodeURIComponent) : [],
    requestId: headers.get('x-request-id') ?? '',
    isReplayed: headers.get('idempotency-replayed') === 'true',
  };
}

export function versionedAnswerOf<Data>(received: Received): VersionedAnswer<Data> {
  // A proxy that compresses makes entity tags weak, and weak ones match nothing.
  const etag = received.headers.get('etag')?.replace(/^W\//, '');
  if (!etag) {
    throw new UnexpectedAnswerError({
      code: 'unexpected_answer',
      message: 'The answer has no ETag: does a proxy take it away?',
    });
  }
  return { ...answerOf<Data>(received), etag };
}

export function numberedPageOf<Item>(received: Received): NumberedPage<Item> {
  const { links, meta } = received.body as ListAnswer;
  return { ...answerOf<Item[]>(received), links, meta: meta as NumberedPage<Item>['meta'] };
}

export function cursorPageOf<Item>(received: Received): CursorPage<Item> {
  const { meta } = received.body as ListAnswer;
  const { next_cursor: nextCursor } = meta as Extract<ListAnswer['meta'], { next_cursor: unknown }>;
  return { ...answerOf<Item[]>(received), nextCursor };
}
