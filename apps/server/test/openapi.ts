/** A JSON schema as far as the tests read it. */
export interface Schema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
}

/** One operation of the published OpenAPI file. */
export interface Operation {
  method: string;
  path: string;
  /** Method and path, as a test names it. */
  name: string;
  /** The scopes that its token needs; null when it asks for no token. */
  scopes: string[] | null;
  /** Absent where it takes none. */
  body?: Schema;
  /** A body as an integrator would send it. */
  example?: Record<string, unknown>;
  query: Record<string, Schema>;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
}

interface Described {
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema; example?: Record<string, unknown> }> };
}

/** The operations of the OpenAPI file that a running server answers. */
export async function readOperations(url: string): Promise<Operation[]> {
  const document = await (await fetch(`${url}/api/openapi.json`)).json();
  const { paths } = writeOut(document, document as object) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) =>
      operationOf(method.toUpperCase(), path, described),
    ),
  );
}

/** The value with what it refers to in its place. */
function writeOut(value: unknown, document: object): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => writeOut(part, document));
  const { $ref } = value as { $ref?: string };
  if ($ref === undefined) {
    const parts = Object.entries(value);
    return Object.fromEntries(parts.map(([name, part]) => [name, writeOut(part, document)]));
  }
  const steps = $ref.slice('#/'.length).split('/');
  const target = steps.reduce<unknown>((part, step) => (part as never)[step], document);
  return writeOut(target, document);
}

function operationOf(method: string, path: string, described: Described): Operation {
  const { schema, example } = described.requestBody?.content['application/json'] ?? {};
  const inQuery = (described.parameters ?? []).filter((parameter) => parameter.in === 'query');
  return {
    method,
    path,
    name: `${method} ${path}`,
    scopes: described.security?.find(({ client }) => client)?.client ?? null,
    query: Object.fromEntries(inQuery.map((parameter) => [parameter.name, parameter.schema])),
    ...(schema
      ? { body: schema, example: example ?? (exampleOf(schema) as Record<string, unknown>) }
      : {}),
  };
}

/** A value that the schema takes, as a person would make one up; of an object what is required. */
function exampleOf(schema: Schema): unknown {
  const { type, examples, enum: members, properties = {}, required = [] } = schema;
  if (examples) return examples[0];
  if (schema.default !== undefined) return schema.default;
  if (members) return members[0];
  const [first] = [type ?? 'null'].flat();
  switch (first) {
    case 'object': {
      const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
      return Object.fromEntries(names.map((name) => [name, exampleOf(properties[name] ?? {})]));
    }
    case 'array':
      return [exampleOf(schema.items ?? {})];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return 'Example';
    default:
      return null;
  }
}
