import { type ErrorCode, errors, scopes } from '@anteroom/contract';
import type { FastifyContextConfig } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { bodyLimitBytes } from './bodies.ts';
import { isConditional, keepsAnswers, refusalsOf } from './refusals.ts';
import type { Http } from './route.ts';

interface Operation extends FastifyContextConfig {
  method: string;
  url: string;
  operation: string;
  body?: TSchema;
  query?: TSchema;
  bodyLimitBytes: number;
  answers: Record<string, TSchema>;
}

const errorSchema = Type.Object({
  message: Type.String({ description: 'A sentence for whoever reads the log.' }),
  code: Type.Unsafe<string>({
    type: 'string',
    enum: Object.keys(errors),
    description: 'For programs; one of a closed list.',
  }),
  request_id: Type.String({ description: 'Tell it to the operator; it is in the log too.' }),
  errors: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), {
      description: 'Path of a field to sentences: what is wrong, and what would be right.',
    }),
  ),
  existing_id: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'With reference_taken: the appointment that has the reference.',
    }),
  ),
});

const bodyTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

const header = (description: string, schema: object = { type: 'string' }) => ({
  description,
  schema,
});
const seconds = { type: 'integer', minimum: 1 };

const headers = {
  'X-Request-Id': header('Names this request in the log.'),
  ETag: header('The version, for If-Match.'),
  Location: header('Where the new thing is.'),
  'Idempotency-Replayed': header('`true` when this is the stored answer of an earlier request.'),
  'Ignored-Fields': header('Fields that are not known and were left out, percent-encoded.'),
  RateLimit: header('What is left of this minute.'),
  'RateLimit-Policy': header('How many requests a client may make in how many seconds.'),
  'Retry-After': header('Wait so many seconds.', seconds),
  'WWW-Authenticate': header('What is missing: a Bearer token, or another one.'),
};

const parameters = {
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes it safe to repeat the request: for 24 hours the same key with the same body gets the first answer again.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description: 'An ETag; the change is made only to this version.',
    schema: { type: 'string' },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description:
      '`handling=strict` refuses fields that are not known, instead of leaving them out.',
    schema: { type: 'string' },
  },
};

const referTo = (kind: string, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/${kind}/${name}` }]));

/**
 * Collects the routes as they are declared and answers a function that writes the OpenAPI 3.1
 * document for an address. Routes without an `operation` are not part of the interface.
 */
export function openApiDocument(app: Http): (address: string) => object {
  const operations: Operation[] = [];
  app.addHook('onRoute', ({ method, url, schema, config, bodyLimit }) => {
    if (!config?.operation || config.isHidden || method === 'HEAD') return;
    operations.push({
      ...config,
      operation: config.operation,
      method: String(method).toLowerCase(),
      url: url.replace(/:(\w+)/g, '{$1}'),
      bodyLimitBytes: bodyLimit ?? bodyLimitBytes,
      ...(schema?.body ? { body: schema.body as TSchema } : {}),
      ...(schema?.querystring ? { query: schema.querystring as TSchema } : {}),
      answers: (schema?.response ?? {}) as Record<string, TSchema>,
    });
  });
  return (address) => {
    const shared = { schemas: { Error: errorSchema } as Shared, responses: {} as Shared };
    const paths = shareTitled(pathsOf(operations, shared.responses), shared.schemas);
    return {
      openapi: '3.1.0',
      info: {
        title: 'Anteroom',
        version: '1',
        description:
          'Video appointments. Times are answered in UTC with microseconds; without an offset they are read as UTC. A client may make 1,200 requests a minute unless the operator set another limit.',
      },
      servers: [{ url: address }],
      paths,
      components: {
        ...shared,
        headers,
        parameters,
        securitySchemes: {
          client: {
            type: 'oauth2',
            flows: { clientCredentials: { tokenUrl: `${address}/oauth2/token`, scopes } },
          },
          secret: { type: 'http', scheme: 'basic', description: 'The client’s id and secret.' },
        },
      },
    };
  };
}

/** Parts that stand once and are referred to by name. */
type Shared = Record<string, object>;

/** The same with every schema that has a title moved to `schemas`, under its title. */
function shareTitled<Value>(value: Value, schemas: Shared): Value {
  if (Array.isArray(value)) return value.map((item) => shareTitled(item, schemas)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, shareTitled(part, schemas)]),
  );
  const { title, type } = copy as { title?: unknown; type?: unknown };
  if (typeof title !== 'string' || type !== 'object') return copy as Value;
  schemas[title] = copy;
  return { $ref: `#/components/schemas/${title}` } as Value;
}

function pathsOf(
  operations: Operation[],
  responses: Shared,
): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = paths[operation.url] ?? {};
    path[operation.method] = describe(operation, responses);
    paths[operation.url] = path;
  }
  return paths;
}

function describe(route: Operation, responses: Shared): object {
  const { url, operation, description, scope, body } = route;
  const needsToken = url.startsWith('/api/v1/');
  const security = needsToken ? [{ client: scope ? [scope] : [] }] : body ? [{ secret: [] }] : [];
  return {
    operationId: identify(operation),
    summary: operation,
    ...(description ? { description } : {}),
    tags: [groupOf(url)],
    security,
    parameters: parametersOf(route, needsToken),
    ...(body ? { requestBody: requestOf(route, body) } : {}),
    responses: {
      ...answersOf(route, needsToken),
      ...refusalAnswers(route, needsToken, responses),
    },
  };
}

/** `Read an appointment’s timeline` is `readAppointmentTimeline`. */
function identify(operation: string): string {
  const words = operation
    .replace(/’s\b|\(.*\)/g, '')
    .split(/\W+/)
    .filter((word) => !['', 'a', 'an', 'the'].includes(word.toLowerCase()));
  return words
    .map((word, index) =>
      index === 0 ? word.toLowerCase() : word[0]?.toUpperCase() + word.slice(1),
    )
    .join('');
}

function groupOf(url: string): string {
  const [, group] = /^\/api\/v1\/([\w-]+)/.exec(url) ?? [];
  if (!group) return 'Access';
  return group[0]?.toUpperCase() + group.slice(1).replaceAll('-', ' ');
}

function parametersOf(route: Operation, needsToken: boolean): object[] {
  const { url, query, body } = route;
  const inPath = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }));
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  const inQuery = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(description ? { description } : {}),
    schema,
  }));
  const named = [
    ...(keepsAnswers({ ...route, needsToken }) ? ['Idempotency-Key'] : []),
    ...(isConditional(route) ? ['If-Match'] : []),
    ...(body ? ['Prefer'] : []),
  ];
  return [...inPath, ...inQuery, ...Object.values(referTo('parameters', named))];
}

function requestOf({ bodyLimitBytes: limit, examples }: Operation, schema: TSchema): object {
  const isRequired = ((schema as { required?: string[] }).required ?? []).length > 0;
  const example = examples?.request ? { example: examples.request } : {};
  return {
    required: isRequired,
    description: `At most ${limit / 1024} KiB. Forms write nested fields as \`claimant[name]\`.`,
    content: Object.fromEntries(
      bodyTypes.map((type) => [type, { schema, ...(type === 'application/json' ? example : {}) }]),
    ),
  };
}

function answersOf(route: Operation, needsToken: boolean): Record<string, object> {
  const { answers, body, isVersioned, examples } = route;
  const described = Object.entries(answers).map(([status, schema]) => {
    const isError = Number(status) >= 400;
    const named = [
      'X-Request-Id',
      ...(needsToken ? ['RateLimit', 'RateLimit-Policy'] : []),
      ...(isVersioned ? ['ETag'] : []),
      ...(status === '201' ? ['Location'] : []),
      ...(keepsAnswers({ ...route, needsToken }) ? ['Idempotency-Replayed'] : []),
      ...(body && !isError ? ['Ignored-Fields'] : []),
    ];
    const { description } = schema as { description?: string };
    const content = {
      schema,
      ...(examples?.answer && !isError ? { example: examples.answer } : {}),
    };
    const isEmpty = (schema as { type?: string }).type === 'null';
    return [
      status,
      {
        description: description ?? (isError ? 'A refusal.' : 'As asked.'),
        headers: referTo('headers', named),
        ...(isEmpty ? {} : { content: { 'application/json': content } }),
      },
    ];
  });
  return Object.fromEntries(described);
}

const exampleErrors = {
  'claimant.email': ['claimant.email must be an email address such as name@example.org, or null.'],
};

/** One answer for each status that the route can refuse with, and an example for each code. */
function refusalAnswers(
  route: Operation,
  needsToken: boolean,
  responses: Shared,
): Record<string, object> {
  const codes = refusalsOf({
    ...route,
    needsToken,
    hasOwnErrors: '400' in route.answers,
    hasBody: route.body !== undefined,
    hasQuery: route.query !== undefined,
  });
  const byStatus = Map.groupBy(codes, (code) => errors[code].status);
  const refusals = [...byStatus]
    .filter(([status]) => !(status in route.answers))
    .map(([status, ofStatus]) => {
      const name = ofStatus.join('-or-');
      responses[name] ??= refusalAnswer(status, ofStatus);
      return [status, { $ref: `#/components/responses/${name}` }];
    });
  return Object.fromEntries(refusals);
}

function refusalAnswer(status: number, codes: ErrorCode[]): object {
  const named = [
    'X-Request-Id',
    ...(status === 401 ? ['WWW-Authenticate'] : []),
    ...([429, 503, 507].includes(status) ? ['Retry-After'] : []),
  ];
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Error' }],
    properties: { code: { enum: codes } },
  };
  const examples = codes.map((code) => {
    const value = {
      message:
        code === 'validation_failed' ? exampleErrors['claimant.email'][0] : errors[code].message,
      code,
      request_id: '5d9c1d6e-9f43-4a6c-9b0e-1c1b7f6f2a10',
      ...(code === 'validation_failed' ? { errors: exampleErrors } : {}),
      ...(code === 'reference_taken'
        ? { existing_id: '01980e4b-7c40-7a31-9c55-3f0b8d1e6a72' }
        : {}),
    };
    return [code, { summary: errors[code].mend, value }];
  });
  return {
    description: codes.map((code) => `\`${code}\`: ${errors[code].message}`).join(' '),
    headers: referTo('headers', named),
    content: { 'application/json': { schema, examples: Object.fromEntries(examples) } },
  };
}
