import { CallRefusal } from '@anteroom/call';
import { dayInWords, timeInWords, translate, type Values } from '@anteroom/language';
import {
  type PortalCatalogue,
  type PortalLanguage,
  type PortalSentences,
  portalLanguages,
} from '@anteroom/language/portal';
import { createContext, useContext } from 'react';
import { Refusal, type RefusalCode } from './http.ts';

/** The sentences of one kind that have no gaps. */
type Plain<Prefix extends string> = {
  [Key in keyof PortalSentences]: Key extends `${Prefix}.${string}`
    ? Values<PortalSentences[Key]> extends []
      ? Key
      : never
    : never;
}[keyof PortalSentences];

/** How the pages speak: sentences of the catalogue, lengths and times in words. */
export interface Words {
  language: string;
  say<Key extends keyof PortalSentences>(key: Key, ...values: Values<PortalSentences[Key]>): string;
  /** Whether there is such a sentence: for words that come from elsewhere. Only sentences without gaps. */
  has<Prefix extends 'device.problem' | 'refusal' | 'event' | 'outcome'>(
    key: `${Prefix}.${string}`,
  ): key is Plain<Prefix>;
  /** “7 minutes”. */
  sayMinutes(minutes: number): string;
  /** “10:30”, in that zone. */
  sayTime(instant: string, zone: string): string;
  /** “Tuesday, 24 November 2026”, in that zone. */
  sayDay(instant: Date, zone: string): string;
  /** “Tue 24 Nov 2026”, in that zone. */
  sayShortDay(instant: string, zone: string): string;
  /** A language by its tag: “Polish”. */
  sayLanguage(tag: string): string;
  /** Why something was refused, and what to do next. */
  explain(error: unknown): string;
}

export function makeWords(catalogue: PortalCatalogue): Words {
  const say: Words['say'] = (key, ...values) => translate(catalogue, key, ...values);
  const has = ((key: string) => {
    const sentence = (catalogue.sentences as Record<string, unknown>)[key];
    return typeof sentence === 'string' && !sentence.includes('{');
  }) as Words['has'];
  const sayMinutes = (minutes: number) =>
    minutes < 1 ? say('app.lessThanAMinute') : say('app.minutes', { count: minutes });
  return {
    language: catalogue.language,
    say,
    has,
    sayMinutes,
    sayTime: (instant, zone) => timeInWords(catalogue, new Date(instant), zone),
    sayDay: (instant, zone) => dayInWords(catalogue, instant, zone),
    sayShortDay: (instant, zone) => dayInWords(catalogue, new Date(instant), zone, 'short'),
    sayLanguage(tag) {
      try {
        // Browsers do not know every language in Welsh.
        const [own, english] = [catalogue.language, 'en'].map((language) =>
          new Intl.DisplayNames(language, { type: 'language', fallback: 'none' }).of(tag),
        );
        return own ?? english ?? tag;
      } catch {
        // Programs send whole words as well: “British Sign Language”.
        return tag;
      }
    },
    explain(given) {
      const error = given instanceof CallRefusal ? refusalOf(given) : given;
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'too_many_requests') {
        const minutes = Math.ceil((error.retryAfterSeconds ?? 60) / 60);
        return say('refusal.too_many_requests', { wait: sayMinutes(minutes) });
      }
      const key = `refusal.${error.code}` as const;
      if (has(key)) return say(key);
      return say('refusal.other', { request: error.requestId ?? '–' });
    },
  };
}

/** A refusal that came by the socket, as one that came over HTTP. */
const refusalOf = ({ code, message }: CallRefusal) =>
  new Refusal(code === 'not_connected' ? 'unreachable' : (code as RefusalCode), message);

const context = createContext<Words | null>(null);

export const WordsProvider = context.Provider;

/** The words of the language that this person reads. */
export function useWords(): Words {
  const words = useContext(context);
  if (!words) throw new Error('WordsProvider is missing around this page');
  return words;
}

const stored = 'portal.language';

/** The language that was chosen in this browser, else the first of the browser's that there is. */
export function currentLanguage(): PortalLanguage {
  const wanted = [localStorage.getItem(stored) ?? '', ...navigator.languages];
  const known = wanted
    .map((tag) => portalLanguages.find((language) => language === tag.split('-')[0]))
    .find(Boolean);
  return known ?? 'en';
}

/** Keeps the choice and shows the page in it. */
export function changeLanguage(language: PortalLanguage): void {
  localStorage.setItem(stored, language);
  location.reload();
}
