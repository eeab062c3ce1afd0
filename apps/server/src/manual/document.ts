import { type ErrorCode, errors } from '@anteroom/contract';

/** Of the three types of bodies, the one that is shown. */
export const jsonType = 'application/json';

/** The parts of an OpenAPI 3.1 document that the manual shows. */
export interface Document {
  servers: { url: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components?: Record<string, Record<string, unknown>>;
}

interface RawOperation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: (Parameter | Reference)[];
  requestBody?: Body;
  responses: Record<string, Answer | Reference>;
}

interface Reference {
  $ref: string;
}

export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  patternProperties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value?: unknown }>;
}

interface Body {
  description?: string;
  required?: boolean;
  content: Record<string, Content>;
}

export interface Answer {
  description: string;
  headers?: Record<string, { description?: string } | Reference>;
  content?: Record<string, Content>;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  name: string;
  group: string;
  description: string | undefined;
  /** What signs the request: a token, the client's secret, or nothing. */
  access: 'token' | 'secret' | 'none';
  scopes: string[];
  parameters: Parameter[];
  body: Body | undefined;
  /** Answers of the route's own shapes, by status. */
  answers: [status: string, Answer][];
  /** Codes of the registry that it can answer with. */
  codes: ErrorCode[];
}

const pointer = (reference: string) =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What a `$ref` of this document means; anything else as it is. */
export function resolve<Part extends object>(document: Document, part: Part | Reference): Part {
  if (!('$ref' in part) || typeof part.$ref !== 'string') return part as Part;
  let found: unknown = document;
  for (const name of pointer(part.$ref)) found = (found as Record<string, unknown>)?.[name];
  if (found === undefined) throw new Error(`the interface has no ${part.$ref}`);
  return resolve(document, found as Part | Reference);
}

/** The name of the shared schema that this one refers to, or undefined. */
export const sharedName = ({ $ref }: Schema) =>
  $ref?.startsWith('#/components/schemas/') ? pointer($ref).at(-1) : undefined;

/** Every operation in the order of the document. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => {
      const answers = Object.entries(raw.responses).map(
        ([status, answer]) => [status, resolve<Answer>(document, answer)] as const,
      );
      const codes = answers.flatMap(([, { content }]) =>
        Object.keys(content?.[jsonType]?.examples ?? {}).filter(isErrorCode),
      );
      const security = raw.security?.[0] ?? {};
      return {
        id: raw.operationId ?? `${method}${path.replace(/\W+/g, '-')}`,
        method: method.toUpperCase(),
        path,
        name: raw.summary ?? path,
        group: raw.tags?.[0] ?? 'Operations',
        description: raw.description,
        access: 'client' in security ? 'token' : 'secret' in security ? 'secret' : 'none',
        scopes: security.client ?? [],
        parameters: (raw.parameters ?? []).map((one) => resolve<Parameter>(document, one)),
        body: raw.requestBody,
        answers: answers
          .filter(([, { content }]) => {
            const names = Object.keys(content?.[jsonType]?.examples ?? {});
            return !names.some(isErrorCode);
          })
          .map(([status, answer]) => [status, answer]),
        codes,
      } satisfies Operation;
    }),
  );
}

const isErrorCode = (name: string): name is ErrorCode => Object.hasOwn(errors, name);

/** The shared schemas that requests are made of: those of bodies, and what stands inside them. */
export function requestSchemas(document: Document, operations: Operation[]): Set<string> {
  const names = new Set<string>();
  const visit = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (names.has(name)) continue;
      names.add(name);
      visit(document.components?.schemas?.[name] ?? null);
    }
  };
  visit(operations.map(({ body }) => body?.content ?? null));
  return names;
}
