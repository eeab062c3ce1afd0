import {
  type Document,
  jsonType,
  type Operation,
  resolve,
  type Schema,
  sharedName,
} from './document.ts';

const samples: Record<string, unknown> = {
  'date-time': '2031-05-20T14:30:00.000000Z',
  date: '1990-01-31',
  uuid: '01980e4b-7c40-7a31-9c55-3f0b8d1e6a72',
  string: 'text',
  integer: 1,
  number: 1,
  boolean: true,
};

/**
 * Makes values of any shape, for where the document gives no example. A shared schema's value is
 * taken from an example that holds one.
 */
export function openSamples(document: Document, operations: Operation[]) {
  const known = new Map<string, unknown>();

  function learn(schema: Schema, value: unknown): void {
    const name = sharedName(schema);
    if (name && !known.has(name)) known.set(name, value);
    if (typeof value !== 'object' || value === null) return;
    const { properties = {}, items } = resolve<Schema>(document, schema);
    if (items && Array.isArray(value)) for (const entry of value) learn(items, entry);
    for (const [field, part] of Object.entries(properties)) {
      if (field in value) learn(part, (value as Record<string, unknown>)[field]);
    }
  }
  for (const { body, answers } of operations) {
    for (const holder of [body, ...answers.map(([, answer]) => answer)]) {
      const { schema, example } = holder?.content?.[jsonType] ?? {};
      if (schema && example !== undefined) learn(schema, example);
    }
  }

  return function sample(given: Schema): unknown {
    const name = sharedName(given);
    if (name && known.has(name)) return known.get(name);
    const schema = resolve<Schema>(document, given);
    const { type, format = '', properties, items, anyOf, oneOf, allOf } = schema;
    const said = [schema.examples?.[0], schema.default, schema.const, schema.enum?.[0]];
    const first = said.find((value) => value !== undefined);
    if (first !== undefined) return first;
    if (properties) {
      return Object.fromEntries(
        Object.entries(properties).map(([field, part]) => [field, sample(part)]),
      );
    }
    if (items) return [sample(items)];
    const part = (anyOf ?? oneOf ?? allOf)?.[0];
    if (part) return sample(part);
    const [kind = 'object'] = [type].flat();
    return samples[format] ?? samples[kind] ?? (kind === 'null' ? null : {});
  };
}
