import {
  type Answer,
  type CursorPage,
  cursorPageOf,
  type NumberedPage,
  numberedPageOf,
} from './answers.ts';
import type { Received } from './exchange.ts';

/** A list that is fetched while it is read, page after page: `for await (const item of list)`. */
export interface List<Item, Page extends Answer<Item[]> = CursorPage<Item>>
  extends AsyncIterable<Item> {
  /** The same by pages: `for await (const page of list.pages())`. */
  pages(): AsyncIterable<Page>;
}

/** The list whose pages are found by cursor: the first given, or that of the beginning. */
export function listByCursor<Item>(
  first: string | null | undefined,
  fetchPage: (cursor: string) => Promise<Received>,
): List<Item> {
  return listFrom(
    first ?? '',
    async (cursor) => cursorPageOf<Item>(await fetchPage(cursor)),
    ({ nextCursor }) => nextCursor,
  );
}

/** The list whose pages are found by their number: for what has no cursor. */
export function listByNumber<Item>(
  first: number | null | undefined,
  fetchPage: (page: number) => Promise<Received>,
): List<Item, NumberedPage<Item>> {
  return listFrom(
    first ?? 1,
    async (number) => numberedPageOf<Item>(await fetchPage(number)),
    ({ links, meta }) => (links.next === null ? null : meta.current_page + 1),
  );
}

function listFrom<Place, Item, Page extends Answer<Item[]>>(
  first: Place,
  fetchPage: (place: Place) => Promise<Page>,
  nextOf: (page: Page) => Place | null,
): List<Item, Page> {
  async function* pages() {
    for (let place: Place | null = first; place !== null; ) {
      const page: Page = await fetchPage(place);
      yield page;
      place = nextOf(page);
    }
  }
  async function* items() {
    for await (const page of pages()) yield* page.data;
  }
  return { pages, [Symbol.asyncIterator]: items };
}
