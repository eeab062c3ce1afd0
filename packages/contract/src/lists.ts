import Type, { type Static, type TSchema, type TUnknown } from 'typebox';
import { limits } from './limits.ts';
import { nullable } from './schema.ts';

const address = nullable(Type.String());

/** A list in pages, or by cursor when the request has `cursor` (contract section 2). */
export function listOf<Item extends TSchema>(item: Item) {
  const pageMeta = Type.Object(
    {
      current_page: Type.Integer(),
      from: nullable(Type.Integer()),
      last_page: Type.Integer(),
      links: Type.Array(
        Type.Object({ url: address, label: Type.String(), active: Type.Boolean() }),
      ),
      path: Type.String(),
      per_page: Type.Integer(),
      to: nullable(Type.Integer()),
      total: Type.Integer({
        description:
          'Exact while counting is cheap, else up to ten seconds old. Of a search: how many the numbered pages reach, at most 1,000.',
      }),
      is_total_exact: Type.Optional(
        Type.Boolean({
          description: 'Of a search: false where a cursor would find more than `total`.',
        }),
      ),
    },
    { title: 'PageMeta' },
  );
  const cursorMeta = Type.Object(
    {
      path: Type.String(),
      per_page: Type.Integer(),
      next_cursor: address,
      prev_cursor: address,
    },
    { title: 'CursorMeta' },
  );
  return Type.Object({
    data: Type.Array(item),
    links: Type.Object({ first: address, last: address, prev: address, next: address }),
    meta: Type.Union([pageMeta, cursorMeta]),
  });
}

/** How a list is paged; events take no cursor. */
export const paging = {
  page: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }))),
  per_page: Type.Optional(
    nullable(Type.Integer({ minimum: 1, maximum: limits.perPage, default: 25 })),
  ),
  cursor: Type.Optional(
    nullable(
      Type.String({
        maxLength: 500,
        description: 'Empty for the first page; then next_cursor or prev_cursor of the answer.',
      }),
    ),
  ),
};

export type ListAnswer = Static<ReturnType<typeof listOf<TUnknown>>>;
