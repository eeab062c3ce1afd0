import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshen, freshKey } from '../../src/manual/browser/fresh.js';
import { type Call, snippetsOf } from '../../src/manual/browser/snippets.js';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';
import { decode } from './reading.ts';

const sdk = new URL('../../../../packages/sdk/src/index.ts', import.meta.url).href;
const exampleId = '01980e4b-7c40-7a31-9c55-3f0b8d1e6a72';

/** Runs a program to its end, with this on its input; what it says, and how it ended. */
async function run(program: string, words: string[], input = '', env: Record<string, string> = {}) {
  let output = '';
  const child = execFile(program, words, { env: { ...process.env, ...env }, timeout: 15_000 });
  child.stdout?.on('data', (part) => {
    output += part;
  });
  child.stderr?.on('data', (part) => {
    output += part;
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [127])]);
  return { code, output };
}

const runs = async (program: string, ...words: string[]) => (await run(program, words)).code === 0;
const hasCurl = await runs('curl', '--version');
const hasPython = await runs('python3', '--version');
const hasRequests = hasPython && (await runs('python3', '-c', 'import requests'));

describe('the examples of the manual', () => {
  let anteroom: TestServer;
  let address: string;
  let calls: [string, Call][];
  let env: Record<string, string>;
  beforeAll(async () => {
    // A sandbox, so that the clock may be moved as well.
    anteroom = await startTestServer({ sandboxAt: '2030-01-01T08:00:00Z' });
    const page = await (await fetch(`${anteroom.url}/api/docs`)).text();
    calls = [...page.matchAll(/ data-call="([^"]*)"/g)].map(([, json = '']) => {
      const call: Call = JSON.parse(decode(json));
      return [call.operation, call];
    });
    address = `http://localhost:${new URL(anteroom.url).port}`;
    const [{ clientId, clientSecret, token }] = anteroom.organisations;
    env = {
      ANTEROOM_CLIENT_ID: clientId,
      ANTEROOM_CLIENT_SECRET: clientSecret,
      ANTEROOM_TOKEN: token,
    };
  });
  afterAll(() => anteroom.close());

  /** The call as the page would send it now: fresh values, and the id of an appointment there is. */
  async function ready(call: Call): Promise<Call> {
    const made = await anteroom.call('POST', '/api/v1/appointments', {
      body: appointmentBody({ appointment_at: '2035-01-01T08:00:00Z' }),
    });
    const now = Date.parse(made.headers.get('sandbox-clock') ?? '');
    return {
      ...call,
      path: call.path.replace(exampleId, made.json.data.id),
      headers: call.headers.map(([name]) => [name, freshKey()]),
      ...(call.body === undefined ? {} : { body: freshen(call.body, { now, daysAhead: 1 }) }),
    };
  }

  const snippet = (call: Call, language: string) =>
    snippetsOf(address, call).find((one) => one.language === language)?.text ?? '';

  it('are there for each operation', () => {
    expect(new Set(calls.map(([operation]) => operation)).size).toBeGreaterThan(8);
  });

  it.runIf(hasCurl)('work in a shell when pasted', async () => {
    for (const [operation, call] of calls) {
      const text = snippet(await ready(call), 'curl');
      const { code, output } = await run('sh', ['-s'], `${text} --silent --fail-with-body`, env);
      expect([operation, code, output]).toEqual([operation, 0, expect.any(String)]);
    }
  });

  it.runIf(hasPython)('are Python', async () => {
    const texts = calls.map(([, call]) => snippet(call, 'python'));
    const parse = 'import ast, json, sys\nfor text in json.load(sys.stdin): ast.parse(text)';
    expect(await run('python3', ['-c', parse], JSON.stringify(texts))).toEqual({
      code: 0,
      output: '',
    });
  });

  it.runIf(hasRequests)('work in Python when pasted', async () => {
    const texts: string[] = [];
    for (const [, call] of calls) texts.push(snippet(await ready(call), 'python'));
    const execute = 'import json, sys\nfor text in json.load(sys.stdin): exec(text, {})';
    const { output } = await run('python3', ['-c', execute], JSON.stringify(texts), env);
    const statuses = output
      .trim()
      .split('\n')
      .map((line) => line.slice(0, 4));
    expect(statuses).toEqual(calls.map(() => expect.stringMatching(/^20\d /)));
  });

  it('work with the SDK when pasted', async () => {
    const texts: string[] = [];
    for (const [, call] of calls) {
      const text = snippet(await ready(call), 'sdk');
      if (!text.startsWith('//')) texts.push(text.replace("'@anteroom/sdk'", JSON.stringify(sdk)));
    }
    expect(texts.length).toBeGreaterThan(10);
    const program = texts
      .map(
        (text) =>
          `await import(${JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`)});`,
      )
      .join('\n');
    const words = ['--input-type=module', '-'];
    const { code, output } = await run(process.execPath, words, program, env);
    expect([code, output]).toEqual([0, expect.stringContaining("status: 'cancelled'")]);
  });

  it('carry the reader’s text whole, whatever it holds, and no secret', async () => {
    const name = `O'Neill "Sh\\ee'la" $(id) \`id\` %s \u2028 😀\n{{x}}`;
    const body = appointmentBody({
      reference: `odd-${Date.now()}`,
      claimant: { name },
      appointment_at: '2031-01-01T08:00:00Z',
    });
    const call = calls.find(([operation]) => operation === 'scheduleAppointment')?.[1] as Call;
    const odd = { ...call, body, headers: [['Idempotency-Key', "it's"]] as [string, string][] };
    for (const { text } of snippetsOf(address, odd)) {
      for (const secret of Object.values(env)) expect(text).not.toContain(secret);
    }
    const tried = [
      ...(hasCurl ? [['sh', '-s', `${snippet(odd, 'curl')} --silent`] as const] : []),
      ...(hasRequests ? [['python3', '-', snippet(odd, 'python')] as const] : []),
    ];
    for (const [program, word, text] of tried) {
      // The second time the key brings the first answer: the bodies were the same.
      const { output } = await run(program, [word], text, env);
      expect(JSON.parse(output.slice(output.indexOf('{'))).data.claimant.name).toBe(name);
    }
    expect(
      freshen(
        { reference: 'a', list: [{ at: '2020-01-01T00:00:00Z', note: 'x' }] },
        { now: 0, daysAhead: 1 },
      ),
    ).toEqual({
      reference: expect.stringMatching(/^DOC-[\da-f]{8}$/),
      list: [{ at: '1970-01-02T00:00:00Z', note: 'x' }],
    });
  });
});
