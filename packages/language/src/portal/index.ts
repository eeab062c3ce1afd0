import type { Catalogue } from '../catalogue.ts';
import { english } from './en.ts';

export type PortalSentences = typeof english;
export type PortalCatalogue = Catalogue<PortalSentences>;

/** The languages that staff can work in. */
export const portalLanguages = ['en', 'cy'] as const;

export type PortalLanguage = (typeof portalLanguages)[number];

/** What the portal's pages say; only the language that is wanted is fetched. */
export async function loadForPortal(language: PortalLanguage): Promise<PortalCatalogue> {
  const sentences = language === 'cy' ? (await import('./cy.ts')).welsh : english;
  return { language, direction: 'ltr', sentences };
}
