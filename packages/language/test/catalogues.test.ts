import { describe, expect, it } from 'vitest';
import { loadForClaimants } from '../src/claimant/index.ts';
import {
  chooseLanguage,
  dayInWords,
  daysUntil,
  isSameTime,
  languageTags,
  type PluralForms,
  timeInWords,
  translate,
  zoneInWords,
} from '../src/index.ts';

const gapsOf = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

describe.each(languageTags)('the claimant’s sentences in %s', async (tag) => {
  const english = await loadForClaimants('en');
  const catalogue = await loadForClaimants(tag);
  const pairs = Object.entries(english.sentences).map(
    ([key, original]) =>
      [key, original, (catalogue.sentences as Record<string, string | PluralForms>)[key]] as const,
  );

  it('are all there, with the gaps of the English ones', () => {
    for (const [key, original, translated] of pairs) {
      const formsOf = (entry: string | PluralForms | undefined) =>
        typeof entry === 'string' ? [entry] : Object.values(entry ?? {});
      const gaps = formsOf(original).flatMap(gapsOf);
      for (const form of formsOf(translated)) {
        expect(form.trim(), key).not.toBe('');
        expect(gaps, `${key}: ${form}`).toEqual(expect.arrayContaining(gapsOf(form)));
      }
      expect(gapsOf(formsOf(translated).join(' ')), key).toEqual([...new Set(gaps)].sort());
    }
  });

  it('have a form for every count', () => {
    const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
    for (const [key, original, translated] of pairs) {
      if (typeof original === 'string') continue;
      expect(Object.keys(translated ?? {}).sort(), key).toEqual([...categories].sort());
    }
  });
});

it('choose the plural, and write numbers, as their language does', async () => {
  const [english, welsh] = await Promise.all([loadForClaimants('en'), loadForClaimants('cy')]);
  expect(translate(english, 'waiting.place', { count: 1 })).toBe('1 person is before you.');
  expect(translate(english, 'waiting.place', { count: 1200 })).toBe('1,200 people are before you.');
  expect(translate(welsh, 'waiting.place', { count: 2 })).toBe('Mae 2 berson o’ch blaen.');
});

it('keep what is filled in as it was given', async () => {
  const english = await loadForClaimants('en');
  const name = '<b>{time}</b> $& ‮';
  expect(translate(english, 'summary.greeting', { name })).toBe(`Hello ${name}`);
});

it.each([
  [['cy-GB', 'en'], 'cy'],
  [['de', 'EN-us'], 'en'],
  [[null, undefined, '', 'toString'], 'en'],
] as const)('of the languages %j the one to begin with is %s', (wanted, chosen) => {
  expect(chooseLanguage(wanted)).toBe(chosen);
});

describe('dates', async () => {
  const english = await loadForClaimants('en');
  const at = new Date('2026-03-29T00:30:00Z');

  it('are words in the zone that was asked for', () => {
    // Engines differ in the comma.
    const day = dayInWords(english, at, 'America/New_York');
    expect(day.replace(',', '')).toBe('Saturday 28 March 2026');
    expect(timeInWords(english, at, 'America/New_York')).toBe('20:30');
    expect(zoneInWords(english, at, 'Europe/London')).toBe('United Kingdom Time');
  });

  it('are today and tomorrow by the calendar of that zone, also over a change of clocks', () => {
    expect(daysUntil(at, new Date('2026-03-28T23:30:00Z'), 'Europe/London')).toBe(1);
    expect(daysUntil(at, new Date('2026-03-28T23:30:00Z'), 'America/New_York')).toBe(0);
    const evening = new Date('2026-03-29T22:59:00Z');
    expect(daysUntil(evening, at, 'Europe/London')).toBe(0);
  });

  it('differ between zones when the clocks do', () => {
    expect(isSameTime(at, 'Europe/London', 'Europe/Lisbon')).toBe(true);
    expect(isSameTime(at, 'Europe/London', 'Europe/Paris')).toBe(false);
  });
});

it('write Welsh days also where the machine knows no Welsh', async () => {
  const welsh = await loadForClaimants('cy');
  const at = new Date('2026-11-24T23:30:00Z');
  expect(dayInWords(welsh, at, 'Europe/London')).toBe('Dydd Mawrth, 24 Tachwedd 2026');
  expect(dayInWords(welsh, at, 'Europe/Warsaw')).toBe('Dydd Mercher, 25 Tachwedd 2026');
  expect(dayInWords(welsh, at, 'Europe/London', 'short')).toBe('Maw, 24 Tach 2026');
});
