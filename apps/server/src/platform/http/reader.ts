import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import type { Faults } from '../errors.ts';
import {
  isLanguage,
  isMailbox,
  isPhone,
  isRealDate,
  isTimeZone,
  isWebAddress,
  readInstant,
} from './formats.ts';

/** What a body or query said, as values of its schema. */
export interface Reading<Value> {
  /**
   * Fields in the order of the schema. What is faulty is left out, required or not (null in a list):
   * whoever looks further meets nothing that is not of its type.
   */
  value: Value;
  /** Everything that is wrong, or null. */
  faults: Faults | null;
  /** Paths of fields that the schema does not know; they were left out. */
  ignored: string[];
}

export type Reader<Value> = (raw: unknown) => Reading<Value>;

interface Schema {
  type?: string | readonly string[];
  format?: string;
  /** A date alone will do for an instant: its midnight in UTC. */
  'x-date-allowed'?: boolean;
  enum?: readonly unknown[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  /** The route reads the entries of this list one by one, each with faults of its own. */
  'x-read-apart'?: boolean;
}

const deepestNesting = 20;

const ajv = () =>
  new Ajv({
    allErrors: true,
    coerceTypes: false,
    removeAdditional: false,
    strict: false,
    verbose: true,
    formats: {
      'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
      'real-date': isRealDate,
      day: isRealDate,
      uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
      mailbox: isMailbox,
      phone: isPhone,
      language: isLanguage,
      'time-zone': isTimeZone,
      'web-address': isWebAddress,
    },
  });

/**
 * Makes the one reader of a schema (contract section 2): it turns what came as JSON, form or query
 * into values, the same for all of them, and says everything that is wrong at once. Text where a
 * number, boolean or instant is due is read; blank text means null; digits serve as text.
 */
export function compileReader<S extends TSchema>(schema: S): Reader<Static<S>> {
  const validate: ValidateFunction = ajv().compile(withoutApart(schema as unknown as Schema));
  return (raw) => {
    const ignored: string[] = [];
    const faults: Faults = {};
    if (raw !== undefined && raw !== null && !isRecord(raw)) {
      return {
        value: {} as Static<S>,
        faults: { body: [`body must be ${expectation(schema as unknown as Schema)}.`] },
        ignored,
      };
    }
    const value = readValue(raw ?? {}, schema as unknown as Schema, '', { ignored, faults }, 0);
    if (!validate(value)) {
      for (const error of validate.errors ?? []) {
        const path = pathOf(error);
        // A field that could not be read has said why already.
        if (!faults[path]) faults[path] = [sentenceFor(error, path)];
      }
    }
    const faultyPaths = Object.keys(faults);
    for (const path of faultyPaths) leaveOut(value, path.split('.'));
    const isFaulty = faultyPaths.length > 0;
    return { value: value as Static<S>, faults: isFaulty ? faults : null, ignored };
  };
}

function leaveOut(value: unknown, [step = '', ...rest]: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (rest.length > 0) leaveOut((value as Record<string, unknown>)[step], rest);
  else if (Array.isArray(value)) value[Number(step)] = null;
  else delete (value as Record<string, unknown>)[step];
}

/** The schema as far as it is checked here: of a list that is read apart only its length. */
function withoutApart(schema: Schema): Schema {
  if (schema['x-read-apart']) {
    const { items, ...list } = schema;
    return list;
  }
  const { properties } = schema;
  if (!properties) return schema;
  const checked = Object.entries(properties).map(([name, property]) => [
    name,
    withoutApart(property),
  ]);
  return { ...schema, properties: Object.fromEntries(checked) };
}

type Findings = { ignored: string[]; faults: Faults };

function readValue(
  raw: unknown,
  schema: Schema,
  path: string,
  findings: Findings,
  depth: number,
): unknown {
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (depth > deepestNesting) return raw;
  if (types.includes('object')) {
    return isRecord(raw) ? readObject(raw, schema, path, findings, depth) : blankToNull(raw);
  }
  if (types.includes('array')) {
    return readList(raw, schema, path, findings, depth);
  }
  if (typeof raw === 'string') return readText(raw, types, schema, path, findings);
  if (Array.isArray(raw) && path !== '') {
    findings.faults[path] = [`${path} was sent more than once; send it once.`];
    return raw;
  }
  // Only whole numbers that JSON carries exactly are the digits that were sent.
  if (Number.isSafeInteger(raw) && types.includes('string')) {
    return readText(String(raw), types, schema, path, findings);
  }
  if ((raw === 0 || raw === 1) && types.includes('boolean')) return raw === 1;
  return raw === undefined ? null : raw;
}

function readObject(
  raw: Record<string, unknown>,
  schema: Schema,
  path: string,
  findings: Findings,
  depth: number,
): Record<string, unknown> {
  const properties = schema.properties ?? {};
  const value: Record<string, unknown> = {};
  for (const name in properties) {
    const property = properties[name];
    if (!property) continue;
    // A missing object is read as an empty one, so that what is missing in it is named as well.
    const isMissingObject = property.type === 'object' && schema.required?.includes(name);
    if (!isMissingObject && !Object.hasOwn(raw, name)) continue;
    const read = readValue(
      isMissingObject ? (raw[name] ?? {}) : raw[name],
      property,
      path ? `${path}.${name}` : name,
      findings,
      depth + 1,
    );
    // A required field that is null is missing, whichever way it was sent, unless null is a value.
    const mayBeNull = [property.type].flat().includes('null');
    if (read === null && schema.required?.includes(name) && !mayBeNull) continue;
    value[name] = read;
  }
  for (const name in raw) {
    if (!Object.hasOwn(properties, name)) findings.ignored.push(path ? `${path}.${name}` : name);
  }
  return value;
}

function readList(
  raw: unknown,
  schema: Schema,
  path: string,
  findings: Findings,
  depth: number,
): unknown {
  const items = schema.items ?? {};
  const list = Array.isArray(raw)
    ? raw
    : isRecord(raw) && Object.keys(raw).every((key) => /^\d+$/.test(key))
      ? Object.values(raw)
      : blankToNull(raw);
  // Where one value of a list was sent alone (`?status=waiting`), it is a list of one.
  if (typeof list === 'string' && items.type === 'string') {
    return [readValue(list, items, `${path}.0`, findings, depth + 1)];
  }
  if (!Array.isArray(list)) return list;
  if (schema.maxItems !== undefined && list.length > schema.maxItems) {
    // What is in it is not looked at: a list of nothing but faults is soon a thousand sentences.
    findings.faults[path] = [`${path} must be ${expectation(schema)}.`];
    return [];
  }
  if (schema['x-read-apart']) return list;
  return list.map((item, index) => readValue(item, items, `${path}.${index}`, findings, depth + 1));
}

function readText(
  raw: string,
  types: readonly string[],
  schema: Schema,
  path: string,
  findings: Findings,
): unknown {
  const text = raw.trim();
  if (text === '') return null;
  // What may be text stays text.
  const isOnly = (type: string) => types.includes(type) && !types.includes('string');
  if (isOnly('integer') || isOnly('number')) {
    return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : text;
  }
  if (isOnly('boolean')) {
    const lower = text.toLowerCase();
    if (lower === 'true' || lower === '1') return true;
    return lower === 'false' || lower === '0' ? false : text;
  }
  if (schema.format === 'date-time') {
    const isDateAlone = !text.includes(':');
    const instant = isDateAlone && !schema['x-date-allowed'] ? null : readInstant(text);
    if (instant === null) findings.faults[path] = [`${path} must be ${expectation(schema)}.`];
    return instant ?? text;
  }
  if (text.includes('\u0000') || !text.isWellFormed()) {
    findings.faults[path] = [`${path} must be text without NUL characters or broken Unicode.`];
  }
  return text;
}

const blankToNull = (raw: unknown) =>
  raw === undefined || (typeof raw === 'string' && raw.trim() === '') ? null : raw;

const isRecord = (raw: unknown): raw is Record<string, unknown> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

function pathOf(error: ErrorObject): string {
  const parent = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword !== 'required') return parent || 'body';
  const { missingProperty } = error.params as { missingProperty: string };
  return parent ? `${parent}.${missingProperty}` : missingProperty;
}

function sentenceFor(error: ErrorObject, path: string): string {
  if (error.keyword === 'required') {
    const { missingProperty } = error.params as { missingProperty: string };
    const missing = (error.parentSchema as Schema).properties?.[missingProperty] ?? {};
    return `${path} is required: ${expectation(missing)}.`;
  }
  if (error.keyword === 'uniqueItems') return `${path} must hold each entry only once.`;
  return `${path} must be ${expectation(error.parentSchema as Schema)}.`;
}

const formatExpectations: Record<string, string> = {
  'date-time': 'a date and time such as 2026-03-02T14:30:00Z',
  'real-date': 'a real date in the past such as 1990-01-31',
  uuid: 'an id such as 01980e4b-7c40-7a31-9c55-3f0b8d1e6a72',
  day: 'a date such as 2026-03-02',
  mailbox: 'an email address such as name@example.org',
  phone: 'a phone number such as +442071234567',
  'web-address': 'an absolute https address (http only for this machine itself)',
  language: 'a language tag such as pl or pt-BR',
  'time-zone': 'a time zone such as Europe/Warsaw',
};

/** What would be right, in words. */
function expectation(schema: Schema): string {
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const orNull = types.includes('null') ? ', or null' : '';
  if (schema.enum) {
    return `one of ${schema.enum.filter((member) => member !== null).join(', ')}${orNull}`;
  }
  if (schema.format && formatExpectations[schema.format]) {
    return `${formatExpectations[schema.format]}${orNull}`;
  }
  if (types.includes('boolean')) {
    const orText = types.includes('string')
      ? `text of at most ${schema.maxLength} characters, a number, `
      : '';
    return `${orText}true or false${orNull}`;
  }
  if (types.includes('integer')) {
    return `a whole number${within('from', schema.minimum, schema.maximum)}${orNull}`;
  }
  if (types.includes('array')) {
    const { minItems, maxItems } = schema;
    return `a list of ${minItems ? `${minItems} to` : 'at most'} ${maxItems} entries${orNull}`;
  }
  if (types.includes('object')) {
    const [name] = Object.keys(schema.properties ?? {});
    return `an object${name ? ` with fields such as ${name}` : ''}${orNull}`;
  }
  if (schema.maxLength === undefined) return `text${orNull}`;
  return `text${within('of', schema.minLength, schema.maxLength)} characters${orNull}`;
}

function within(word: string, least: number | undefined, most: number | undefined): string {
  if (most === undefined) return least === undefined ? '' : ` of ${least} or more`;
  return least === undefined ? ` of at most ${most}` : ` ${word} ${least} to ${most}`;
}
