import type { FastifyRequest } from 'fastify';
import { refuseFaults } from '../errors.ts';
import { readInstant } from './formats.ts';

/** Where a keyset page begins: after this row, in the list's order. */
export interface Mark {
  value: string;
  id: string;
}

export interface KeysetSlice {
  kind: 'keyset';
  perPage: number;
  after: Mark | null;
  goesBack: boolean;
}

/** A part of a list, by number or by cursor. */
export type Slice = { kind: 'page'; page: number; perPage: number } | KeysetSlice;

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const databaseInstant = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?\+00$/;

/** Reads a cursor that an earlier answer gave out for this sort; blank is the first page. */
export function readCursor(cursor: string, sort: string, perPage: number): KeysetSlice {
  if (cursor === '') return { kind: 'keyset', perPage, after: null, goesBack: false };
  try {
    const { s, v, i, b } = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isValue = sort.endsWith('created_at')
      ? v === ''
      : typeof v === 'string' && databaseInstant.test(v) && readInstant(v) !== null;
    if (s === sort && isValue && typeof i === 'string' && uuid.test(i) && typeof b === 'boolean') {
      return { kind: 'keyset', perPage, after: { value: v, id: i }, goesBack: b };
    }
  } catch {
    // Falls through to the one refusal.
  }
  throw refuseCursor();
}

const refuseCursor = () =>
  refuseFaults({
    cursor: [
      'cursor must be a next_cursor or prev_cursor of this list with the same sort, or blank.',
    ],
  });

const writeCursor = (mark: object | null) =>
  mark && Buffer.from(JSON.stringify(mark)).toString('base64url');

/** The addresses of a list's other pages keep the request's query. */
function addressWith(path: string, query: string, changes: Record<string, string>): string {
  const pairs = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) pairs.set(name, value);
  return `${path}?${pairs}`;
}

/** What a request may say of the page that it asks for. */
interface PageRequest {
  page?: number | null | undefined;
  per_page?: number | null | undefined;
  cursor?: string | null | undefined;
}

export const defaultPerPage = 25;

/** Which part of the list at this absolute address the request asks for. */
export function placeOf(request: FastifyRequest, address: string): ListPlace & { page: number } {
  const { page, per_page: perPage } = request.query as PageRequest;
  const start = request.url.indexOf('?');
  return {
    path: address,
    query: start < 0 ? '' : request.url.slice(start + 1),
    page: page ?? 1,
    perPage: perPage ?? defaultPerPage,
  };
}

export interface ListPlace {
  /** The list's absolute address, without a query. */
  path: string;
  /** The query as it was sent. */
  query: string;
  perPage: number;
}

/** The envelope of a keyset page (contract section 2). */
export function keysetEnvelope<Item>(
  { path, query, perPage }: ListPlace,
  data: Item[],
  marks: { next: object | null; previous: object | null },
) {
  const next = writeCursor(marks.next);
  const previous = writeCursor(marks.previous);
  return {
    data,
    links: {
      first: addressWith(path, query, { cursor: '' }),
      last: null,
      prev: previous && addressWith(path, query, { cursor: previous }),
      next: next && addressWith(path, query, { cursor: next }),
    },
    meta: { path, per_page: perPage, next_cursor: next, prev_cursor: previous },
  };
}

/** The envelope of a numbered page, as Laravel's paginator has it (contract section 2). */
export function pageEnvelope<Item>(
  { path, query, perPage }: ListPlace,
  data: Item[],
  page: number,
  total: number,
) {
  const lastPage = Math.max(1, Math.ceil(total / perPage));
  const address = (number: number) => addressWith(path, query, { page: String(number) });
  const previous = page > 1 ? address(page - 1) : null;
  const next = page < lastPage ? address(page + 1) : null;
  const from = data.length > 0 ? (page - 1) * perPage + 1 : null;
  return {
    data,
    links: { first: address(1), last: address(lastPage), prev: previous, next },
    meta: {
      current_page: page,
      from,
      last_page: lastPage,
      links: [
        { url: previous, label: '&laquo; Previous', active: false },
        ...numbersAround(page, lastPage).map((number) => ({
          url: number === null ? null : address(number),
          label: number === null ? '...' : String(number),
          active: number === page,
        })),
        { url: next, label: 'Next &raquo;', active: false },
      ],
      path,
      per_page: perPage,
      to: from === null ? null : from + data.length - 1,
      total,
    },
  };
}

/**
 * The part of a short list, all of which is at hand, that the request asks for: by number, or by
 * cursor when it has one. Such a cursor counts entries. Throws `validation_failed` for another's.
 */
export function shortListEnvelope<Item>(
  request: FastifyRequest,
  address: string,
  all: readonly Item[],
) {
  const place = placeOf(request, address);
  const { page, perPage } = place;
  const { cursor } = request.query as PageRequest;
  const start = cursor === undefined ? (page - 1) * perPage : readOffset(cursor ?? '');
  const items = all.slice(start, start + perPage);
  if (cursor === undefined) return pageEnvelope(place, items, page, all.length);
  return keysetEnvelope(place, items, {
    next: start + perPage < all.length ? { start: start + perPage } : null,
    previous: start > 0 ? { start: Math.max(0, start - perPage) } : null,
  });
}

function readOffset(cursor: string): number {
  if (cursor === '') return 0;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const start = Number(/^\{"start":(\d{1,9})\}$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) throw refuseCursor();
  return start;
}

/** The page numbers worth a link: both ends and those around the present one; null is a gap. */
function numbersAround(page: number, lastPage: number): (number | null)[] {
  const wanted = new Set([1, 2, lastPage - 1, lastPage]);
  for (let number = page - 3; number <= page + 3; number++) wanted.add(number);
  const numbers = [...wanted]
    .filter((number) => number >= 1 && number <= lastPage)
    .sort((a, b) => a - b);
  return numbers.flatMap((number, index) => {
    const before = numbers[index - 1];
    return before !== undefined && number > before + 1 ? [null, number] : [number];
  });
}
