/** A sentence in each form that a count asks for (CLDR plural categories); `other` always. */
export interface PluralForms {
  zero?: string;
  one?: string;
  two?: string;
  few?: string;
  many?: string;
  other: string;
}

type Sentence = string | PluralForms;

/** The same sentences in another language: a missing one fails the type check. */
export type Translation<Base> = {
  readonly [Key in keyof Base]: Base[Key] extends string ? string : PluralForms;
};

/** One part of the product in one language; `Base` is its English, from which its keys come. */
export interface Catalogue<Base> {
  /** BCP 47. */
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';
  readonly sentences: Translation<Base>;
}

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
type NamesOf<Entry> = Entry extends string ? NamesIn<Entry> : NamesIn<Entry[keyof Entry]> | 'count';

/** What a sentence needs to be told; nothing when it has no gaps. */
export type Values<Entry> = [NamesOf<Entry>] extends [never]
  ? []
  : [values: Record<NamesOf<Entry>, string | number>];

/**
 * A sentence in the catalogue's language, its `{gaps}` filled. Numbers are written as that language
 * writes them, and `count` chooses the plural. Values are text: markup in them stays text.
 */
export function translate<Base, Key extends keyof Base>(
  catalogue: Catalogue<Base>,
  key: Key,
  ...[values]: Values<Base[Key]>
): string {
  const entry = catalogue.sentences[key] as Sentence;
  const given = (values ?? {}) as Record<string, string | number>;
  const text = typeof entry === 'string' ? entry : chooseForm(catalogue, entry, given.count);
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => {
    const value = given[name];
    if (value === undefined) return gap;
    return typeof value === 'number' ? formatNumber(catalogue, value) : value;
  });
}

function chooseForm<Base>(
  { language }: Catalogue<Base>,
  forms: PluralForms,
  count: string | number = 0,
): string {
  return forms[new Intl.PluralRules(language).select(Number(count))] ?? forms.other;
}

const formatNumber = <Base>({ language }: Catalogue<Base>, value: number) =>
  new Intl.NumberFormat(language).format(value);
