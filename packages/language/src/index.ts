export {
  type Catalogue,
  type PluralForms,
  type Translation,
  translate,
  type Values,
} from './catalogue.ts';
export { dayInWords, daysUntil, isSameTime, timeInWords, zoneInWords } from './dates.ts';
export { chooseLanguage, type Language, languages, languageTags } from './languages.ts';
