import { setImmediate as letOthersRun } from 'node:timers/promises';
import qs from 'qs';

/** More pairs than this are refused, unless the caller allows more. */
export const mostPairs = 2_000;

/** So much is parsed, and so much put in order, before others run: about a millisecond's work. */
const pairsAtOnce = 250;
const sortedAtOnce = 4_000;

/** Text of a form or query with bracket keys (`claimant[name]`), as nested values. */
export function parsePairs(text: string, most = mostPairs): Record<string, unknown> {
  return qs.parse(text, {
    depth: 20,
    arrayLimit: 1_000,
    parameterLimit: most,
    throwOnLimitExceeded: true,
    decoder: decodeStrictly,
  }) as Record<string, unknown>;
}

/** Throws on what is no percent-encoded UTF-8, where qs would keep the raw text. */
function decodeStrictly(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** `appointments[12][reference]=…`, its brackets perhaps encoded: name, number, the rest. */
const entryPair = /^(\w+)(?:\[|%5b)(\d{1,3})(?:\]|%5d)((?:\[|%5b).*)$/is;

/**
 * The same as `parsePairs`, for a form that may be long: one of several hundred rows would hold the
 * process up for a tenth of a second. The entries of lists are parsed one by one, and others run in
 * between.
 */
export async function parseForm(text: string, most: number): Promise<Record<string, unknown>> {
  const pairs = text.split('&', most + 1);
  if (pairs.length <= pairsAtOnce || pairs.length > most) return parsePairs(text, most);
  const lists = new Map<string, Map<number, string[]>>();
  const rest: string[] = [];
  for (const [index, pair] of pairs.entries()) {
    if (index % sortedAtOnce === 0) await letOthersRun();
    const [, name, number, field] = entryPair.exec(pair) ?? [];
    if (name === undefined) {
      rest.push(pair);
      continue;
    }
    const entries = lists.get(name) ?? new Map<number, string[]>();
    lists.set(name, entries);
    const entry = entries.get(Number(number)) ?? [];
    entries.set(Number(number), entry);
    entry.push(`entry${field}`);
  }
  const form = parsePairs(rest.join('&'), most);
  // A list that is also sent in another way is for qs to put together.
  if ([...lists.keys()].some((name) => name in form)) return parsePairs(text, most);
  for (const [name, entries] of lists) {
    const list: unknown[] = [];
    let pending = 0;
    for (const [, entry] of [...entries].sort(([one], [other]) => one - other)) {
      list.push(parsePairs(entry.join('&')).entry);
      pending += entry.length;
      if (pending < pairsAtOnce) continue;
      pending = 0;
      await letOthersRun();
    }
    Object.defineProperty(form, name, { value: list, enumerable: true });
  }
  return form;
}
