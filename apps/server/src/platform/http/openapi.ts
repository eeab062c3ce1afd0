import { errors, scopes } from '@anteroom/contract';
import Type, { type TSchema } from 'typebox';
import type { Http } from './route.ts';

interface Operation {
  method: string;
  url: string;
  operation: string;
  scope?: string;
  body?: TSchema;
  query?: TSchema;
  answers: Record<string, TSchema>;
}

const errorSchema = Type.Object({
  message: Type.String(),
  code: Type.Unsafe<string>({ type: 'string', enum: Object.keys(errors) }),
  request_id: Type.String(),
  errors: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  existing_id: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] })),
});

const bodyTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

/**
 * Collects the routes as they are declared and answers a function that writes the OpenAPI 3.1
 * document for an address. Routes without an `operation` are not part of the interface.
 */
export function openApiDocument(app: Http): (address: string) => object {
  const operations: Operation[] = [];
  app.addHook('onRoute', ({ method, url, schema, config }) => {
    if (!config?.operation || config.isHidden || method === 'HEAD') return;
    operations.push({
      method: String(method).toLowerCase(),
      url: url.replace(/:(\w+)/g, '{$1}'),
      operation: config.operation,
      ...(config.scope ? { scope: config.scope } : {}),
      ...(schema?.body ? { body: schema.body as TSchema } : {}),
      ...(schema?.querystring ? { query: schema.querystring as TSchema } : {}),
      answers: (schema?.response ?? {}) as Record<string, TSchema>,
    });
  });
  return (address) => ({
    openapi: '3.1.0',
    info: { title: 'Anteroom', version: '1', description: 'Video appointments.' },
    servers: [{ url: address }],
    paths: pathsOf(operations),
    components: {
      schemas: { Error: errorSchema },
      securitySchemes: {
        client: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: `${address}/oauth2/token`, scopes } },
        },
      },
    },
  });
}

function pathsOf(operations: Operation[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = paths[operation.url] ?? {};
    path[operation.method] = describe(operation);
    paths[operation.url] = path;
  }
  return paths;
}

function describe({ url, operation, scope, body, query, answers }: Operation): object {
  const inPath = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }));
  const properties =
    (query as unknown as { properties?: Record<string, object> })?.properties ?? {};
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
  }));
  const json = (schema: object) => ({ content: { 'application/json': { schema } } });
  return {
    summary: operation,
    ...(scope ? { security: [{ client: [scope] }] } : {}),
    parameters: [...inPath, ...inQuery],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(bodyTypes.map((type) => [type, { schema: body }])),
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, schema]) => [
          status,
          { description: 'As asked.', ...json(schema) },
        ]),
      ),
      default: {
        description: 'A refusal; `code` is one of the registry.',
        ...json({ $ref: '#/components/schemas/Error' }),
      },
    },
  };
}
