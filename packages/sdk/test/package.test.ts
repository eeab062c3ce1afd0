import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { appointmentAnswer, changeRequest, errors, scheduleRequest } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { buildSdk } from '../../../tools/build-sdk.ts';
import { appointment } from './testing.ts';

const root = join(import.meta.dirname, '../../..');
const compiler = join(root, 'node_modules/typescript/lib/tsc.js');

/** The Node of the machine itself, which may be older than the one that runs the tests. */
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter),
};

async function run(cwd: string, file: string, ...words: string[]): Promise<string> {
  const ran = promisify(execFile)(file, words, { cwd, env });
  const { stdout } = await ran.catch(({ stdout: said, stderr }) => {
    throw new Error(`${file} ${words.join(' ')} failed:\n${said}${stderr}`);
  });
  return stdout;
}

/** The code blocks of a README, in order. */
async function readSnippets(readme = 'packages/sdk/README.md') {
  const text = await readFile(join(root, readme), 'utf8');
  const blocks = text.matchAll(/```(js|cjs)\n([\s\S]*?)```/g);
  return [...blocks].map(([, language = '', code = '']) => ({ language, code }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('the package of the SDK', () => {
  let server: TestServer;
  let folder: string;
  /** An empty project that has installed the tarball. */
  let project: string;
  let packed: string[];
  beforeAll(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'anteroom-sdk-package-'));
    const built = join(folder, 'built');
    project = join(folder, 'project');
    buildSdk(built);
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{ "private": true }');
    const cache = ['--cache', join(folder, 'cache'), '--offline'];
    const told = await run(built, 'npm', 'pack', '--json', '--pack-destination', folder, ...cache);
    const [{ filename, files }] = JSON.parse(told);
    packed = files.map(({ path }: { path: string }) => path);
    await run(project, 'npm', 'install', join(folder, filename), '--no-audit', ...cache);
  }, 60_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await server.close();
  });

  /** The snippet as somebody would paste it, with what is theirs filled in. */
  const fillIn = (code: string, port = 0) =>
    code
      .replaceAll('https://visits.example.org', server.url)
      .replaceAll('http://localhost:3000', server.url)
      .replaceAll('location.origin', `'${server.url}'`)
      .replaceAll('CLIENT_ID', server.organisations[0].clientId)
      .replaceAll('CLIENT_SECRET', server.organisations[0].clientSecret)
      .replaceAll('8080', String(port))
      .replaceAll('/anteroom-token', `http://127.0.0.1:${port}/anteroom-token`);

  it('holds what was built, README, licence and manifest, and brings nothing along', async () => {
    const others = packed.filter((path) => !path.startsWith('dist/'));
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(packed).toContain('dist/index.js');
    expect(packed).toContain('dist/index.d.ts');
    expect(packed.filter((path) => !/\.(js|d\.ts|md|json)$|LICENSE/.test(path))).toEqual([]);
    const installed = await readdir(join(project, 'node_modules'));
    expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['@anteroom']);
    for (const path of packed.filter((name) => name.startsWith('dist/'))) {
      const text = await readFile(join(project, 'node_modules/@anteroom/sdk', path), 'utf8');
      expect(text).not.toMatch(/typebox|@anteroom\/contract|\.ts'/);
    }
  });

  it('shows every field and every code of the contract', async () => {
    const file = join(project, 'node_modules/@anteroom/sdk/dist/contract.d.ts');
    const types = (await readFile(file, 'utf8')).split('export type ');
    const typeNamed = (name: string) => types.find((text) => text.startsWith(`${name} `)) ?? '';
    for (const [name, { properties }] of Object.entries({
      AppointmentAnswer: appointmentAnswer,
      ScheduleRequest: scheduleRequest,
      ChangeRequest: changeRequest,
    })) {
      for (const field of Object.keys(properties)) {
        expect(typeNamed(name)).toMatch(new RegExp(`\\b${field}\\??: `));
      }
    }
    for (const code of Object.keys(errors)) expect(typeNamed('ErrorCode')).toContain(`"${code}"`);
  });

  it('runs on the Node of this machine: every snippet of its README', async () => {
    const major = Number((await run(project, 'node', '--version')).slice(1).split('.')[0]);
    expect(major).toBeGreaterThanOrEqual(20);
    const port = await freePort();
    const snippets = await readSnippets();
    expect(snippets).toHaveLength(7);
    const said: string[] = [];
    for (const [index, { language, code }] of snippets.entries()) {
      const name = `snippet-${index}.${language === 'js' ? 'mjs' : 'cjs'}`;
      await writeFile(join(project, name), fillIn(code, port));
      if (!code.includes('listen(')) {
        said.push(await run(project, 'node', name));
        continue;
      }
      const serving = spawn('node', [name], { cwd: project, env, stdio: 'ignore' });
      const isUp = () =>
        fetch(`http://127.0.0.1:${port}/anteroom-token`).then(
          ({ ok }) => ok,
          () => false,
        );
      await eventually(isUp);
      const page = `snippet-${index + 1}.mjs`;
      await writeFile(join(project, page), fillIn(snippets[index + 1]?.code ?? '', port));
      said.push(await run(project, 'node', page).finally(() => serving.kill()));
      break;
    }
    expect(said[0]).toMatch(
      /^The claimant’s link: https:\/\/visits-1\.example\.org\/client-web\S+#/,
    );
    expect(said[1]).toBe('1 are scheduled\n');
    expect(said[2]).toMatch(/^PIP-2041 2031-05-20T14:30:00.000000Z\n1 null\n1 of 1\n$/);
    expect(said[3]).toMatch(/\+442079460199[\s\S]*appointment\.cancelled\n$/);
    expect(said[4]).toMatch(/^Error: The person has left the page\./);
    expect(said[5]).toBe('1\n');
    const { data } = (await server.call('GET', '/api/v1/appointments')).json;
    expect(data).toMatchObject([{ reference: 'PIP-2041', status: 'cancelled' }]);
  }, 60_000);

  it('runs the snippet of Anteroom’s README', async () => {
    const [{ code } = { code: '' }] = await readSnippets('README.md');
    await server.call('POST', '/api/v1/appointments', {
      body: appointment({ reference: 'R-1' }),
    });
    await writeFile(join(project, 'readme.mjs'), fillIn(code));
    const link = /^R-1 https:\/\/visits-1\.example\.org\/client-web\S+#\w{26}\n$/;
    expect(await run(project, 'node', 'readme.mjs')).toMatch(link);
  });

  it('has types that a strict project takes, with and without those of Node', async () => {
    const use = `
      import { Anteroom, AnteroomError, type AppointmentAnswer, type ScheduleRequest } from '@anteroom/sdk';
      const anteroom = new Anteroom({ url: 'https://visits.example.org', token: 't' });
      const body: ScheduleRequest = {
        reference: 'r',
        appointment_at: '2031-05-20T14:30:00Z',
        duration_in_minutes: 45,
        claimant: { name: 'Maria Nowak' },
      };
      export async function use(signal: AbortSignal): Promise<AppointmentAnswer['status']> {
        const { data, etag } = await anteroom.appointments.schedule(body, { signal });
        const link: string = data.url;
        // @ts-expect-error: there is no such field, so the type is not any.
        data.colour;
        // @ts-expect-error: the claimant needs a name.
        await anteroom.appointments.schedule({ ...body, claimant: {} });
        // @ts-expect-error: no such status.
        anteroom.appointments.list({ status: ['lost'] });
        for await (const { type } of anteroom.appointments.events(data.id)) {
          if (type === 'appointment.cancelled') break;
        }
        await anteroom.appointments.change(data.id, { duration_in_minutes: 5 }, { ifMatch: etag });
        return link === '' ? 'scheduled' : data.status;
      }
      export const codeOf = (error: unknown) => (error instanceof AnteroomError ? error.code : null);
      // @ts-expect-error: something has to say who is calling.
      new Anteroom({ url: 'https://visits.example.org' });
    `;
    await writeFile(join(project, 'use.mts'), use);
    for (const [index, { language, code }] of (await readSnippets()).entries()) {
      await writeFile(join(project, `pasted-${index}.${language === 'js' ? 'mts' : 'cts'}`), code);
    }
    const strict = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module: 'nodenext',
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
    };
    const withoutNode = { ...strict, lib: ['es2022', 'dom'], types: [] };
    const withNode = {
      ...strict,
      lib: ['es2022', 'dom'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      skipLibCheck: true,
    };
    for (const [name, compilerOptions, files] of [
      ['browser.json', withoutNode, ['use.mts']],
      ['node.json', withNode, ['use.mts', 'pasted-*.mts', 'pasted-*.cts']],
    ] as const) {
      await writeFile(join(project, name), JSON.stringify({ compilerOptions, include: files }));
      await run(project, process.execPath, compiler, '--project', name);
    }
  }, 30_000);
});
