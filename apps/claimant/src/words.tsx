import { chooseLanguage, type Language, translate, type Values } from '@anteroom/language';
import {
  type ClaimantCatalogue,
  type ClaimantSentences,
  loadForClaimants,
} from '@anteroom/language/claimant';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

export type SentenceKey = keyof ClaimantSentences;

/** Keys of sentences without gaps, which need no values. */
export type PlainKey = {
  [Key in SentenceKey]: Values<ClaimantSentences[Key]> extends [] ? Key : never;
}[SentenceKey];

export interface Words {
  catalogue: ClaimantCatalogue;
  say<Key extends SentenceKey>(key: Key, ...values: Values<ClaimantSentences[Key]>): string;
  chooseLanguage(language: Language): void;
}

const key = 'anteroom-language';

/** What the person chose here before, if anything. */
function readChoice(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** The catalogue to begin with, before anything is known of the person. */
export const firstCatalogue = () =>
  loadForClaimants(chooseLanguage([readChoice(), ...navigator.languages]));

const WordsContext = createContext<Words | null>(null);

interface WordsProps {
  first: ClaimantCatalogue;
  /** The language of the appointment, once that is known. */
  stored: string | null;
  children: ReactNode;
}

/** Gives everything below it its words: in the language chosen here, else the appointment's. */
export function WordsProvider({ first, stored, children }: WordsProps) {
  const [catalogue, setCatalogue] = useState(first);
  useEffect(() => {
    if (!stored || readChoice()) return;
    void loadForClaimants(chooseLanguage([stored, ...navigator.languages])).then(setCatalogue);
  }, [stored]);
  useEffect(() => {
    document.documentElement.lang = catalogue.language;
    document.documentElement.dir = catalogue.direction;
  }, [catalogue]);
  const words = useMemo<Words>(
    () => ({
      catalogue,
      say: (sentence, ...values) => translate(catalogue, sentence, ...values),
      chooseLanguage(language) {
        try {
          localStorage.setItem(key, language);
        } catch {
          // The choice then holds for this page alone.
        }
        void loadForClaimants(language).then(setCatalogue);
      },
    }),
    [catalogue],
  );
  return <WordsContext.Provider value={words}>{children}</WordsContext.Provider>;
}

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (!words) throw new Error('Words are needed outside of WordsProvider.');
  return words;
}
