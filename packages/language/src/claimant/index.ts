import type { Catalogue } from '../catalogue.ts';
import { type Language, languages } from '../languages.ts';
import { english } from './en.ts';

export type ClaimantSentences = typeof english;
export type ClaimantCatalogue = Catalogue<ClaimantSentences>;

/** What the claimant's pages say in English, there from the first moment. */
export const englishForClaimants: ClaimantCatalogue = {
  language: 'en',
  direction: 'ltr',
  sentences: english,
};

/** What the claimant's pages say; each other language is fetched when somebody wants it. */
export async function loadForClaimants(language: Language): Promise<ClaimantCatalogue> {
  const { direction } = languages[language];
  switch (language) {
    case 'cy':
      return { language, direction, sentences: (await import('./cy.ts')).welsh };
    case 'ar':
      return { language, direction, sentences: (await import('./ar.ts')).arabic };
    default:
      return englishForClaimants;
  }
}
