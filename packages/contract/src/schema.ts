import Type, { type Static, type TSchema } from 'typebox';

/** The schema with null allowed, in the one-keyword form that OpenAPI 3.1 and Ajv both read plainly. */
export function nullable<S extends TSchema>(schema: S) {
  const { type } = schema as unknown as { type: string };
  const members = (schema as unknown as { enum?: readonly unknown[] }).enum;
  return Type.Unsafe<Static<S> | null>({
    ...schema,
    type: [type, 'null'],
    ...(members ? { enum: [...members, null] } : {}),
  });
}

/** One of a closed list of words. */
export function word<const Words extends readonly string[]>(words: Words, options: object = {}) {
  return Type.Unsafe<Words[number]>({ ...options, type: 'string', enum: words });
}

/** An instant; read in any ISO 8601 form (without an offset: UTC), answered in UTC with microseconds. */
export const instant = (options: object = {}) =>
  Type.String({ ...options, format: 'date-time', examples: ['2025-08-19T16:50:00.000000Z'] });
