// Every answer that a test fetches is compared with the published interface: its status has to be
// listed, its body has to be of the schema, and no key may be in it that the schema does not name.

import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Answer {
  $ref?: string;
  content?: { 'application/json': { schema: object } };
}

interface Operation {
  operationId: string;
  responses: Record<string, Answer>;
}

interface Published {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Answer> };
}

const file = new URL('../openapi.json', import.meta.url);
const document = close(JSON.parse(readFileSync(file, 'utf8'))) as Published;
const paths = Object.entries(document.paths).map(([path, operations]) => ({
  pattern: new RegExp(
    `^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}/?$`,
  ),
  operations,
}));

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: {
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
    date: /^\d{4}-\d\d-\d\d$/,
    uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
  },
});
ajv.addSchema(document, 'published');
const validators = new Map<object, ValidateFunction>();

/** Allows no keys but those that are named, wherever keys are named. */
function close(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(close);
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, close(part)]));
  const isClosed = 'properties' in copy && 'type' in copy && !('additionalProperties' in copy);
  return isClosed ? { ...copy, additionalProperties: false } : copy;
}

function resolve(answer: Answer): Answer {
  const name = answer.$ref?.split('/').at(-1);
  return name ? (document.components.responses[name] as Answer) : answer;
}

/**
 * Throws when the interface does not publish such an answer. Of what it does not name, only
 * refusals can be judged.
 */
export function comparePublished(method: string, path: string, status: number, text: string): void {
  const found = paths.find(({ pattern }) => pattern.test(path));
  const operation = found?.operations[method.toLowerCase()];
  if (!operation) return;
  const told = `${method} ${path} answered ${status} ${text.slice(0, 500)}`;
  const listed = operation.responses[status];
  if (!listed) throw new Error(`${operation.operationId} does not publish its ${status}: ${told}`);
  const schema = resolve(listed).content?.['application/json'].schema;
  if (!schema) {
    if (text !== '')
      throw new Error(`${operation.operationId} publishes an empty ${status}: ${told}`);
    return;
  }
  let validate = validators.get(schema);
  if (!validate) {
    validate = ajv.compile(referToPublished(schema));
    validators.set(schema, validate);
  }
  if (validate(JSON.parse(text))) return;
  const faults = validate.errors?.map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
  throw new Error(
    `${operation.operationId} publishes another ${status}: ${faults?.join('; ')} in ${told}`,
  );
}

const referToPublished = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"published#/'));

const fetchPlainly = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const response = await fetchPlainly(input, init);
  const address = input instanceof Request ? input.url : String(input);
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
  const copy = response.clone();
  const text = await copy.text().catch(() => null);
  if (text !== null) comparePublished(method, new URL(address).pathname, response.status, text);
  return response;
};
