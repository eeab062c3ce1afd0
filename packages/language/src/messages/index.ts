import type { Catalogue } from '../catalogue.ts';
import { type Language, languages } from '../languages.ts';
import { arabic } from './ar.ts';
import { welsh } from './cy.ts';
import { english, type MessageSentences } from './en.ts';

const sentences = { en: english, cy: welsh, ar: arabic };

/** What people are written to, in this language. */
export const messagesIn = (language: Language): Catalogue<MessageSentences> => ({
  language,
  direction: languages[language].direction,
  sentences: sentences[language],
});
