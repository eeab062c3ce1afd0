import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../harness.ts';

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: object; example?: object }> };
  responses: Record<string, { content?: Record<string, { schema: object; example?: object }> }>;
}

describe('the OpenAPI file', () => {
  let anteroom: TestServer;
  let operations: (Operation & { route: string })[];
  let document: object;
  beforeAll(async () => {
    // Examples lie in the future of this day.
    anteroom = await startTestServer({ sandboxAt: '2031-05-06T09:00:00Z' });
    const { json } = await anteroom.call('GET', '/api/openapi.json');
    document = json;
    operations = Object.entries(json.paths as Record<string, Record<string, Operation>>).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          ...operation,
          route: `${method.toUpperCase()} ${path}`,
        })),
    );
  });
  afterAll(() => anteroom.close());

  it('is OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(document as Record<string, unknown>);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('names every operation once', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
  });

  it('gives the limits of every field of a request in numbers', () => {
    const unlimited: string[] = [];
    const limits: Record<string, string[]> = {
      string: ['maxLength', 'enum', 'format'],
      integer: ['maximum'],
      array: ['maxItems'],
    };
    const look = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      const { type } = schema as { type?: string | string[] };
      for (const name of [type ?? []].flat()) {
        if (limits[name]?.every((limit) => !(limit in schema))) unlimited.push(path);
      }
      const { properties = {}, items } = schema as { properties?: object; items?: object };
      for (const [name, property] of Object.entries(properties)) look(property, `${path}.${name}`);
      look(items, `${path}[]`);
    };
    const schemas = (document as { components: { schemas: Record<string, object> } }).components
      .schemas;
    for (const [name, schema] of Object.entries(schemas)) {
      if (name.endsWith('Request')) look(schema, name);
    }
    expect(unlimited).toEqual([]);
  });

  it('has examples that work when they are sent, each on a new appointment', async () => {
    const create = operations.find(({ route }) => route === 'POST /api/v1/appointments');
    const exampleOf = ({ requestBody }: Operation) =>
      requestBody?.content['application/json']?.example as Record<string, unknown> | undefined;
    let sent = 0;
    for (const operation of operations) {
      const example = exampleOf(operation);
      if (!example || operation.route.includes('/oauth2/')) continue;
      const fresh = { ...(create && exampleOf(create)), reference: `example-${sent}` };
      const { json } = await anteroom.call('POST', '/api/v1/appointments', { body: fresh });
      const [method, path] = operation.route.split(' ') as [string, string];
      const headers = { prefer: 'handling=strict' };
      const address = path.replace('{id}', json.data.id);
      const answer = await anteroom.call(method, address, { body: example, headers });
      expect([operation.route, answer.text]).toEqual([operation.route, expect.any(String)]);
      expect([operation.route, answer.status < 300]).toEqual([operation.route, true]);
      sent++;
    }
    expect(sent).toBeGreaterThanOrEqual(3);
  });

  it('has examples of answers that its own schemas allow', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, 'file');
    const faults: string[] = [];
    for (const { route, responses } of operations) {
      for (const [status, { content }] of Object.entries(responses)) {
        const { schema, example } = content?.['application/json'] ?? {};
        if (!schema || !example) continue;
        const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"file#/');
        const validate = ajv.compile(JSON.parse(text));
        if (!validate(example))
          faults.push(`${route} ${status}: ${ajv.errorsText(validate.errors)}`);
      }
    }
    expect(faults).toEqual([]);
  });
});
