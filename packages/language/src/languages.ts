/** The languages that pages and mails come in, by their tag and in their own words. */
export const languages = {
  en: { name: 'English', direction: 'ltr' },
  cy: { name: 'Cymraeg', direction: 'ltr' },
  ar: { name: 'العربية', direction: 'rtl' },
} as const satisfies Record<string, { name: string; direction: 'ltr' | 'rtl' }>;

export type Language = keyof typeof languages;

export const languageTags = Object.keys(languages) as Language[];

/** The first language wanted that there is, a dialect counting as its language; else English. */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split('-')[0] ?? '';
    if (Object.hasOwn(languages, language)) return language as Language;
  }
  return 'en';
}
