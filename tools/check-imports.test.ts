import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkArchitecture, checkImports, renderRules, zones } from './check-imports.ts';

const source = 'apps/server/src';
const roots: string[] = [];

/** A folder with these files, and our packages by name. */
function makeTree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'imports-'));
  roots.push(root);
  for (const name of ['contract', 'language', 'sdk', 'call', 'ui']) {
    files[`packages/${name}/package.json`] = JSON.stringify({
      name: `@anteroom/${name}`,
      exports: './src/index.ts',
    });
  }
  for (const name of ['server', 'claimant', 'portal']) {
    files[`apps/${name}/package.json`] = JSON.stringify({ name: `@anteroom/${name}` });
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const faultsIn = (path: string, text: string) => checkImports(makeTree({ [path]: text }));

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

describe('the tree as it stands', () => {
  const root = join(import.meta.dirname, '..');

  it('keeps every import rule', () => {
    expect(checkImports(root)).toEqual([]);
  });

  it('has the rules in docs/architecture.md', () => {
    expect(checkArchitecture(root, false)).toEqual([]);
  });
});

describe('who may import whom', () => {
  const other = (name: string) => `import '@anteroom/${name}';`;

  it.each([
    ['packages/contract/src/a.ts', other('language'), 'contract may not import language'],
    ['packages/contract/src/a.ts', other('sdk'), 'contract may not import sdk'],
    ['packages/sdk/src/a.ts', other('language'), 'sdk may not import language'],
    ['packages/call/src/a.ts', other('sdk'), 'call may not import sdk'],
    ['packages/language/src/a.ts', other('ui'), 'language may not import ui'],
    ['packages/ui/src/a.tsx', other('contract'), 'ui may not import contract'],
    ['packages/sdk/src/a.ts', "import '../../../apps/portal/src/a.ts';", 'may not import portal'],
    ['apps/claimant/src/a.tsx', "import '../../portal/src/a.ts';", 'may not import portal'],
    ['apps/portal/src/a.tsx', "import '../../server/src/config.ts';", 'may not import config'],
    ['apps/server/src/main.ts', "import '../../claimant/src/a.ts';", 'may not import claimant'],
    ['e2e/call.test.ts', other('contract'), 'e2e may not import contract'],
    [`${source}/platform/a.ts`, "import '../access/index.ts';", 'platform may not import access'],
    [`${source}/access/a.ts`, "import '../organisation/index.ts';", 'may not import organisation'],
    [`${source}/organisation/a.ts`, "import '../calls/index.ts';", 'may not import calls'],
    [`${source}/appointments/a.ts`, "import '../calls/index.ts';", 'may not import calls'],
    [`${source}/calls/a.ts`, "import '../notifications/index.ts';", 'not import notifications'],
    [`${source}/calls/a.ts`, "import '../server.ts';", 'calls may not import server'],
    [`${source}/calls/a.ts`, "import '../access/can.ts';", 'access only through its index.ts'],
    [`${source}/calls/a.ts`, "import '../access/b/index.ts';", 'only through its index.ts'],
    [`${source}/access/a.ts`, "import '../platform/a.test.ts';", 'access may not import tests'],
    [`${source}/access/a.ts`, "import '../helpers/a.ts';", 'which belongs to no zone'],
    [`${source}/helpers/a.ts`, '', 'belongs to no zone'],
    [`${source}/access/a.ts`, "import '#calls';", 'neither ./ nor a package'],
    [`${source}/access/a.ts`, 'import(name);', 'only shows when it runs'],
  ])('%s refuses %s', (path, text, fault) => {
    expect(faultsIn(path, text)).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['a type', "import type { A } from '../calls/index.ts';"],
    ['a value passed on', "export { a } from '../calls/index.ts';"],
    ['everything passed on', "export * from '../calls/index.ts';"],
    ['an import at run time', "await import('../calls/index.ts');"],
    ['an import at run time in backticks', 'await import(`../calls/index.ts`);'],
    ['the type of an import', "type A = import('../calls/index.ts').A;"],
  ])('counts %s as an import', (_name, text) => {
    expect(faultsIn(`${source}/access/a.ts`, `\n${text}`)).toEqual([
      `${source}/access/a.ts:2 access may not import calls (${source}/calls/index.ts)`,
    ]);
  });

  it('follows a name into the package it stands for', () => {
    const text = "import { a } from '@anteroom/call/react';";
    expect(faultsIn('packages/sdk/src/a.ts', text)).toHaveLength(1);
  });

  it('lets the later domain see the earlier one, tests see everything, and main the server', () => {
    const root = makeTree({
      [`${source}/calls/a.ts`]: "import '../appointments/index.ts';\nimport '@anteroom/contract';",
      [`${source}/calls/a.test.ts`]: "import '../notifications/send.ts';\nimport '../server.ts';",
      [`${source}/main.ts`]: "import './server.ts';",
      [`${source}/server.ts`]: "import './notifications/index.ts';",
      'bench/a.ts': `import '../${source}/server.ts';`,
    });
    expect(checkImports(root)).toEqual([]);
  });

  it('has one zone of each name, and knows every zone it names', () => {
    const names = zones.map((zone) => zone.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { mayImport } of zones) {
      if (mayImport !== 'everything') expect(names).toEqual(expect.arrayContaining(mayImport));
    }
  });
});

describe('circular imports', () => {
  it('are refused, through types as well', () => {
    const folder = 'packages/contract/src';
    const root = makeTree({
      [`${folder}/a.ts`]: "import './b.ts';",
      [`${folder}/b.ts`]: "import type { C } from './c.ts';",
      [`${folder}/c.ts`]: "export * from '@anteroom/contract';",
      [`${folder}/index.ts`]: "export * from './a.ts';",
      [`${folder}/d.ts`]: "import './a.ts';",
    });
    const way = ['a', 'b', 'c', 'index', 'a'].map((name) => `${folder}/${name}.ts`);
    expect(checkImports(root)).toEqual([`circular import: ${way.join(' -> ')}`]);
  });
});

describe('process', () => {
  it.each([
    'process.exit();',
    'const { env } = process;',
    'const a = { process };',
    'globalThis.process.exit();',
    "globalThis['process'].exit();",
    "import { env } from 'node:process';",
    "import process from 'process';",
  ])('is refused outside main.ts: %s', (text) => {
    for (const path of [`${source}/config.ts`, 'packages/sdk/src/a.ts', 'apps/portal/src/a.tsx']) {
      const faults = faultsIn(path, text);
      expect(faults[0]).toContain(`${path}:1 process has no place here`);
    }
  });

  it.each([
    `${source}/main.ts`,
    `${source}/platform/database/embedded.ts`,
    `${source}/platform/database/embedded/launch.ts`,
    `${source}/calls/a.test.ts`,
    'tools/a.ts',
    'bench/a.ts',
  ])('is free in %s', (path) => {
    expect(faultsIn(path, "import 'node:process';\nprocess.exit();")).toEqual([]);
  });

  it('is free as the name of a member', () => {
    const text = 'queue.process(); const a = { process: 1 }; class B { process() {} }';
    expect(faultsIn(`${source}/calls/a.ts`, text)).toEqual([]);
  });
});

describe('SQL', () => {
  const spellings = [
    "const get = statement('get', text);",
    'client.query(text);',
    'run(`\n  select id from appointments`);',
    "run('select set_config($1, $2, true)');",
    'run(`with event as (insert into events values (1)) select 1`);',
    'run(`update appointments set status = 1`);',
    `run(\`\${first}, event as (insert into events values (1))\`);`,
    "run('delete from appointments');",
  ];

  it.each([
    `${source}/appointments/routes.ts`,
    `${source}/appointments/answer.ts`,
    `${source}/appointments/status.ts`,
    `${source}/appointments/index.ts`,
    `${source}/calls/room.ts`,
    `${source}/calls/hub.ts`,
    `${source}/server.ts`,
    `${source}/main.ts`,
    `${source}/platform/http/reader.ts`,
    `${source}/platform/socket/frames.ts`,
  ])('is refused in %s', (path) => {
    for (const text of spellings) {
      expect(faultsIn(path, text)).toEqual([
        expect.stringContaining(`${path}:1 SQL text has no place here`),
      ]);
    }
  });

  it.each([
    `${source}/appointments/schedule.ts`,
    `${source}/appointments/read.ts`,
    `${source}/access/lookups.ts`,
    `${source}/platform/database/connection.ts`,
    `${source}/platform/jobs.ts`,
    `${source}/platform/idempotency/keys.ts`,
    `${source}/platform/heartbeat.ts`,
    `${source}/platform/clock.ts`,
    `${source}/appointments/routes.test.ts`,
  ])('is free in %s', (path) => {
    expect(faultsIn(path, spellings.join('\n'))).toEqual([]);
  });

  it('is not seen in sentences, in a request, or in a browser', () => {
    const text = "log('Select a room from the list'); request.query; run('with regards');";
    expect(faultsIn(`${source}/platform/http/a.ts`, text)).toEqual([]);
    expect(faultsIn('packages/call/src/a.ts', 'permissions.query(name);')).toEqual([]);
  });
});

describe('packages with one home', () => {
  it.each([
    [`${source}/calls/a.ts`, 'pg'],
    [`${source}/server.ts`, 'pg/lib/client.js'],
    ['packages/ui/src/a.tsx', 'react-aria-components'],
    ['apps/claimant/src/a.tsx', '@react-aria/focus'],
  ])('%s refuses %s', (path, name) => {
    expect(faultsIn(path, `import '${name}';`)).toEqual([
      expect.stringContaining(`${path}:1 ${name} has no place here`),
    ]);
  });

  it.each([
    [`${source}/platform/database/pool.ts`, 'pg'],
    ['apps/portal/src/a.tsx', 'react-aria-components'],
    [`${source}/calls/a.ts`, 'pgp'],
  ])('%s may import %s', (path, name) => {
    expect(faultsIn(path, `import '${name}';`)).toEqual([]);
  });
});

it('names a file that cannot be parsed', () => {
  expect(faultsIn('tools/a.ts', 'const = ;')).toEqual([
    expect.stringContaining('tools/a.ts cannot be parsed'),
  ]);
});

describe('docs/architecture.md', () => {
  const page = (rules: string) =>
    `# Architecture\n\n<!-- import-rules:begin -->\n${rules}\n<!-- import-rules:end -->\n\nThe end.\n`;

  it('is refused with older rules and mended with --write', () => {
    const root = makeTree({ 'docs/architecture.md': page('| old |') });
    expect(checkArchitecture(root, false)).toEqual([expect.stringContaining('--write')]);
    expect(checkArchitecture(root, true)).toEqual([]);
    expect(checkArchitecture(root, false)).toEqual([]);
    const after = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    expect(after).toBe(page(renderRules()));
  });

  it('is refused without the markers', () => {
    const root = makeTree({ 'docs/architecture.md': '# Architecture\n' });
    expect(checkArchitecture(root, true)).toEqual([expect.stringContaining('import-rules')]);
  });
});
