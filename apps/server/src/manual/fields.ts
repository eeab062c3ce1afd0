import { type Html, html, type Piece, sentence } from '../platform/html.ts';
import { type Document, type Parameter, resolve, type Schema, sharedName } from './document.ts';

const formats: Record<string, string> = {
  'date-time': 'date and time (ISO 8601)',
  date: 'date (YYYY-MM-DD)',
  'real-date': 'date (YYYY-MM-DD)',
  'web-address': 'https address',
  mailbox: 'email address',
  phone: 'phone number',
  uuid: 'UUID',
};

const types: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  array: 'list',
  null: 'null',
};

/** What a value is, in words: its type, its limits in numbers, the words it may be. */
export function kindOf(document: Document, given: Schema): Html {
  const name = sharedName(given);
  if (name) return html`<a href="#${objectId(name)}">${name}</a>`;
  const schema = resolve<Schema>(document, given);
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return html`${listed(variants.map((part) => kindOf(document, part)))}`;
  if (schema.const !== undefined) return html`always <code>${JSON.stringify(schema.const)}</code>`;
  const all = [schema.type ?? 'object'].flat();
  const kinds = all.filter((type) => type !== 'null');
  const words = schema.enum?.filter((word) => word !== null);
  const said: Piece = words
    ? html`${words.length > 1 && 'one of '}${listed(words.map((word) => html`<code>${String(word)}</code>`))}`
    : schema.items && (sharedName(schema.items) || !resolve(document, schema.items).properties)
      ? html`list, each ${kindOf(document, schema.items)}`
      : (formats[schema.format ?? ''] ?? listed(kinds.map((type) => types[type] ?? type)));
  const limits = limitsOf(schema);
  return html`${said}${limits && `, ${limits}`}${kinds.length < all.length && ', or null'}${
    schema.default !== undefined && html`, else <code>${JSON.stringify(schema.default)}</code>`
  }`;
}

const listed = (pieces: Piece[]): Piece[] =>
  pieces.flatMap((piece, index) => {
    if (index === 0) return [piece];
    return [index === pieces.length - 1 ? ' or ' : ', ', piece];
  });

const inWords = new Intl.NumberFormat('en');

function limitsOf({
  minLength,
  maxLength,
  minimum,
  maximum,
  minItems,
  maxItems,
}: Schema): string | null {
  return (
    range(minLength, maxLength, ' characters') ??
    range(minItems, maxItems, maxItems === 1 ? ' entry' : ' entries') ??
    range(minimum, maximum, '')
  );
}

function range(least: number | undefined, most: number | undefined, unit: string): string | null {
  const number = (value: number) => inWords.format(value);
  if (least !== undefined && most !== undefined) {
    return `${number(least)} to ${number(most)}${unit}`;
  }
  if (most !== undefined) return `at most ${number(most)}${unit}`;
  return least === undefined ? null : `at least ${number(least)}${unit}`;
}

/** Where the page describes a shared schema. */
export const objectId = (name: string) => `object-${name}`;

interface Field {
  name: string;
  isRequired: boolean;
  description: string | undefined;
  schema: Schema;
}

/**
 * Who writes the values: in a request the reader has to know what must be there; in an answer, what
 * may be left out.
 */
export type Direction = 'request' | 'answer';

/** A list of fields, with those of nested objects inside; null when there are none. */
export function fieldsOf(document: Document, given: Schema, direction: Direction): Html | null {
  const schema = resolve<Schema>(document, given);
  const { properties = {}, required = [] } = schema;
  return listFields(
    document,
    Object.entries(properties).map(([name, part]) => ({
      name,
      isRequired: required.includes(name),
      description: part.description ?? resolve<Schema>(document, part).description,
      schema: part,
    })),
    direction,
  );
}

/** The parameters of one place (path, query, header), listed like fields. */
export const parametersIn = (document: Document, place: string, parameters: Parameter[]) =>
  listFields(
    document,
    parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, required = false, description, schema }) => ({
        name,
        isRequired: required,
        description: description ?? schema.description,
        schema,
      })),
    'request',
  );

function listFields(document: Document, fields: Field[], direction: Direction): Html | null {
  if (fields.length === 0) return null;
  return html`<ul class="fields">${fields.map(
    ({ name, isRequired, description, schema }) => html`
      <li><code class="name">${name}</code> <span class="kind">${kindOf(document, schema)}</span>${mark(isRequired, direction)}${description && html`<p>${sentence(description)}</p>`}${insideOf(document, schema, direction)}</li>`,
  )}
    </ul>`;
}

/** The fields of a nested object or of a list's entries, unless they stand elsewhere by name. */
function insideOf(document: Document, schema: Schema, direction: Direction): Html | null {
  if (sharedName(schema)) return null;
  if (schema.items) return insideOf(document, schema.items, direction);
  return fieldsOf(document, schema, direction);
}

function mark(isRequired: boolean, direction: Direction): Html | null {
  if (direction === 'request') {
    return isRequired ? html` <strong class="required">required</strong>` : null;
  }
  return isRequired ? null : html` <span class="kind">(not always there)</span>`;
}
