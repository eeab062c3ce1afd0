import type { Answer } from './answers.ts';

/** A list that is fetched while it is read, page after page: `for await (const item of list)`. */
export interface List<Item, Page extends Answer<Item[]>> extends AsyncIterable<Item> {
  /** The same by pages: `for await (const page of list.pages())`. */
  pages(): AsyncIterable<Page>;
}

/** The list whose pages are fetched so; `nextOf` tells the place of the page after one, null after the last. */
export function listFrom<Place, Item, Page extends Answer<Item[]>>(
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
