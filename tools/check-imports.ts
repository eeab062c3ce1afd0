// The import rules of the house, read from the source itself with a parser.
//
//   node tools/check-imports.ts           compare the tree and docs/architecture.md with the rules
//   node tools/check-imports.ts --write   write the rules into docs/architecture.md as well
//
// The two tables are the rules; the code below them only reads.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, matchesGlob, posix } from 'node:path';
import { type Node, parseSync, Visitor } from 'oxc-parser';

interface Zone {
  name: string;
  files: string[];
  /** Names of other zones; a zone may always import itself. */
  mayImport: string[] | 'everything';
  /** A domain: other domains see only its index.ts. */
  domain?: true;
}

interface Confinement {
  /** What the source may name: a kind of text, or packages (a `*` at the end stands for any name). */
  what: 'process' | 'SQL text' | { packages: string[] };
  /** Where the rule looks. */
  within: string;
  onlyIn: string[];
  butNotIn?: string[];
}

const packages = ['contract', 'language', 'sdk', 'call', 'ui'];
const ground = ['contract', 'language', 'platform'];
const domains = ['access', 'organisation', 'appointments', 'calls', 'visit', 'notifications'];
const tests = ['**/*.test.{ts,tsx}', '**/{test,testing}/**'];

/** A file belongs to the first zone that matches it; a file without a zone is a fault. */
export const zones: Zone[] = [
  { name: 'e2e', files: ['e2e/**'], mayImport: ['sdk'] },
  { name: 'tests', files: tests, mayImport: 'everything' },
  { name: 'bench', files: ['bench/**'], mayImport: 'everything' },
  {
    name: 'tools',
    files: ['tools/**'],
    mayImport: [...packages, 'config', 'platform', ...domains, 'server'],
  },
  { name: 'settings of tools', files: ['{,*/*/}*.config.ts'], mayImport: [] },
  { name: 'contract', files: ['packages/contract/**'], mayImport: [] },
  { name: 'language', files: ['packages/language/**'], mayImport: ['contract'] },
  { name: 'sdk', files: ['packages/sdk/**'], mayImport: ['contract'] },
  { name: 'call', files: ['packages/call/**'], mayImport: ['contract'] },
  { name: 'ui', files: ['packages/ui/**'], mayImport: [] },
  { name: 'claimant', files: ['apps/claimant/**'], mayImport: packages },
  { name: 'portal', files: ['apps/portal/**'], mayImport: packages },
  { name: 'config', files: ['apps/server/src/config.ts'], mayImport: ground },
  {
    name: 'platform',
    files: ['apps/server/src/platform/**'],
    mayImport: ['contract', 'language'],
  },
  { name: 'access', files: ['apps/server/src/access/**'], mayImport: ground, domain: true },
  {
    name: 'organisation',
    files: ['apps/server/src/organisation/**'],
    mayImport: [...ground, 'access'],
    domain: true,
  },
  {
    name: 'appointments',
    files: ['apps/server/src/appointments/**'],
    mayImport: [...ground, 'access', 'organisation'],
    domain: true,
  },
  {
    name: 'calls',
    files: ['apps/server/src/calls/**'],
    mayImport: [...ground, 'access', 'organisation', 'appointments'],
    domain: true,
  },
  // What the claimant's pages and the portal ask for.
  {
    name: 'visit',
    files: ['apps/server/src/visit/**'],
    mayImport: [...ground, 'access', 'organisation', 'appointments', 'calls'],
    domain: true,
  },
  {
    name: 'notifications',
    files: ['apps/server/src/notifications/**'],
    mayImport: [...ground, 'access', 'organisation', 'appointments', 'calls'],
    domain: true,
  },
  // Runs in browsers; the server writes the same examples with it.
  { name: 'manual page', files: ['apps/server/src/manual/browser/**'], mayImport: [] },
  {
    name: 'manual',
    files: ['apps/server/src/manual/**'],
    mayImport: ['contract', 'platform', 'manual page'],
  },
  // Hands out the built pages of the two apps.
  { name: 'pages', files: ['apps/server/src/pages/**'], mayImport: ['contract', 'platform'] },
  {
    name: 'server',
    files: ['apps/server/src/server.ts'],
    mayImport: [...ground, ...domains, 'manual', 'pages'],
  },
  {
    name: 'operator',
    files: ['apps/server/src/operator/**'],
    mayImport: [...ground, 'config', ...domains],
  },
  {
    name: 'main',
    files: ['apps/server/src/main.ts'],
    mayImport: [...ground, 'config', ...domains, 'operator', 'server'],
  },
];

/** Things that only some files may name. */
const confinements: Confinement[] = [
  {
    what: 'process',
    within: '**',
    onlyIn: [
      'apps/server/src/main.ts',
      // Starts and watches another process: the database that comes with the product.
      'apps/server/src/platform/database/embedded*{,/**}',
      ...tests,
      'e2e/**',
      'tools/**',
      'bench/**',
    ],
  },
  {
    what: 'SQL text',
    within: 'apps/server/**',
    onlyIn: [
      'apps/server/src/platform/database/**',
      // Each owns a machinery table.
      'apps/server/src/platform/{clock,events,heartbeat,idempotency,installation,jobs}*{,/**}',
      `apps/server/src/{${domains.join(',')}}/**`,
      'apps/server/migrations/**',
      ...tests,
    ],
    butNotIn: [
      `apps/server/src/{${domains.join(',')}}/**/{answer,hub,index,room,routes,status}.ts`,
    ],
  },
  {
    what: { packages: ['pg', 'pg-*'] },
    within: '**',
    onlyIn: ['apps/server/src/platform/**', ...tests, 'tools/**', 'bench/**'],
  },
  {
    // Half-breaks under Preact, which the claimant app and packages/ui are built with.
    what: { packages: ['react-aria', 'react-aria-*', 'react-stately', '@react-aria/*'] },
    within: '**',
    onlyIn: ['apps/portal/**'],
  },
];

const code = /\.[cm]?[jt]sx?$/;

/** How SQL begins, in the lower case that all of ours has; a sentence would begin with a capital. */
const sqlTexts = [
  /^\s*select\s(.*\sfrom\s|\w+\()/s,
  /^\s*update\s+\S+\s+set\s/,
  /^\s*with\s+\w+\s+as\s.*\(/s,
  /\b(insert\s+into|delete\s+from)\s/,
];

interface Source {
  imports: { specifier: string | undefined; line: number }[];
  uses: { what: 'process' | 'SQL text'; line: number }[];
  errors: string[];
}

/** Reads what one file imports and names. */
function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  const source: Source = {
    imports: [],
    uses: [],
    errors: errors.map((error) => `${path} cannot be parsed: ${error.message}`),
  };
  const lineOf = (node: Node) => text.slice(0, node.start).split('\n').length;
  const imported = (node: Node) => {
    source.imports.push({ specifier: textOf(node), line: lineOf(node) });
  };
  const uses = (what: 'process' | 'SQL text', node: Node) => {
    const line = lineOf(node);
    if (!source.uses.some((use) => use.what === what && use.line === line)) {
      source.uses.push({ what, line });
    }
  };
  /** Identifiers that name a member and refer to nothing; a parent is visited before its children. */
  const memberNames = new Set<Node>();
  const member = (node: { key: Node; computed: boolean }) => {
    if (!node.computed) memberNames.add(node.key);
  };

  new Visitor({
    ImportDeclaration: (node) => imported(node.source),
    ImportExpression: (node) => imported(node.source),
    TSImportType: (node) => imported(node.source),
    ExportAllDeclaration: (node) => imported(node.source),
    ExportNamedDeclaration: (node) => {
      if (node.source) imported(node.source);
    },
    Property: member,
    PropertyDefinition: member,
    MethodDefinition: member,
    TSPropertySignature: member,
    TSMethodSignature: member,
    MemberExpression: (node) => {
      if (!node.computed) memberNames.add(node.property);
      const ofGlobal = node.object.type === 'Identifier' && /^global/.test(node.object.name);
      if (ofGlobal && nameOf(node) === 'process') uses('process', node);
    },
    Identifier: (node) => {
      if (node.name === 'process' && !memberNames.has(node)) uses('process', node);
    },
    CallExpression: (node) => {
      const { callee } = node;
      const called = callee.type === 'Identifier' ? callee.name : nameOf(callee);
      const onObject = callee.type === 'MemberExpression';
      if (called === 'statement' || (called === 'query' && onObject)) uses('SQL text', node);
    },
    Literal: (node) => {
      if (isSql(textOf(node) ?? '')) uses('SQL text', node);
    },
    TemplateLiteral: (node) => {
      if (isSql(node.quasis.map((quasi) => quasi.value.raw).join(' '))) uses('SQL text', node);
    },
  }).visit(program);

  for (const { specifier, line } of source.imports) {
    if (/^(node:)?process$/.test(specifier ?? '')) source.uses.push({ what: 'process', line });
  }
  return source;
}

const isSql = (text: string) => sqlTexts.some((pattern) => pattern.test(text));

/** The text of a literal, when the source says it outright. */
function textOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.raw;
  }
  return undefined;
}

/** The name of the member that `a.name` and `a['name']` speak of. */
function nameOf(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  if (node.computed) return textOf(node.property);
  return node.property.type === 'Identifier' ? node.property.name : undefined;
}

interface Workspace {
  folder: string;
  exports?: string | Record<string, string | { default?: string }>;
}

/** Our own packages by name. */
function readWorkspaces(root: string): Map<string, Workspace> {
  const found = new Map<string, Workspace>();
  for (const file of globSync('{packages,apps}/*/package.json', { cwd: root })) {
    const { name, exports } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    found.set(name, { folder: posix.dirname(file), exports });
  }
  return found;
}

/** The file of ours that an import means; undefined when it is somebody else's. */
function resolveImport(
  specifier: string,
  from: string,
  workspaces: Map<string, Workspace>,
): string | undefined {
  if (specifier.startsWith('.')) {
    return posix.join(posix.dirname(from), specifier.replace(/\?.*$/, ''));
  }
  const [scope, name, ...rest] = specifier.split('/');
  const workspace = workspaces.get(`${scope}/${name}`);
  if (!workspace) return undefined;
  const subpath = ['.', ...rest].join('/');
  const { exports } = workspace;
  const target = typeof exports === 'string' ? { '.': exports }[subpath] : exports?.[subpath];
  return posix.join(
    workspace.folder,
    (typeof target === 'string' ? target : target?.default) ?? subpath,
  );
}

const matchesAny = (path: string, globs: string[]) => globs.some((glob) => matchesGlob(path, glob));

const zoneOf = (path: string) => zones.find((zone) => matchesAny(path, zone.files));

/** What is wrong with one import, in words; undefined when nothing is. */
function judgeImport(from: Zone, target: string): string | undefined {
  const to = zoneOf(target);
  if (!to) return code.test(target) ? `imports ${target}, which belongs to no zone` : undefined;
  if (from === to || from.mayImport === 'everything') return undefined;
  if (!from.mayImport.includes(to.name)) {
    return `${from.name} may not import ${to.name} (${target})`;
  }
  if (from.domain && to.domain && !matchesGlob(target, 'apps/server/src/*/index.ts')) {
    return `${from.name} may import ${to.name} only through its index.ts, not ${target}`;
  }
  return undefined;
}

/** What is wrong with naming `what` in a file, in words; undefined when nothing is. */
function judgeUse(what: string, path: string): string | undefined {
  const isMeant = (packageName: string) =>
    packageName.endsWith('*')
      ? what.startsWith(packageName.slice(0, -1))
      : what === packageName || what.startsWith(`${packageName}/`);
  const broken = confinements.find(
    (rule) =>
      (typeof rule.what === 'string' ? rule.what === what : rule.what.packages.some(isMeant)) &&
      matchesGlob(path, rule.within) &&
      (!matchesAny(path, rule.onlyIn) || matchesAny(path, rule.butNotIn ?? [])),
  );
  return broken && `${what} has no place here: see confinements in tools/check-imports.ts`;
}

/** Each circle of imports, once, as the way round it. */
function findCircles(imports: Map<string, Set<string>>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string) => {
    const met = way.indexOf(path);
    if (met >= 0) circles.push([...way.slice(met), path].join(' -> '));
    if (met >= 0 || done.has(path)) return;
    way.push(path);
    for (const target of imports.get(path) ?? []) visit(target);
    way.pop();
    done.add(path);
  };
  for (const path of imports.keys()) visit(path);
  return circles;
}

/** Checks every source file below a folder. Returns one sentence per fault, none when clean. */
export function checkImports(root: string): string[] {
  const workspaces = readWorkspaces(root);
  const paths = globSync('{apps,packages,bench,e2e,tools}/**/*', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
  });
  const faults: string[] = [];
  const imports = new Map<string, Set<string>>();

  for (const path of [...paths, ...globSync('*', { cwd: root })].sort()) {
    if (!code.test(path)) continue;
    const zone = zoneOf(path);
    if (!zone) {
      faults.push(`${path} belongs to no zone`);
      continue;
    }
    const source = readSource(path, readFileSync(join(root, path), 'utf8'));
    const targets = new Set<string>();
    faults.push(...source.errors);
    const blame = (line: number, fault: string | undefined) => {
      if (fault) faults.push(`${path}:${line} ${fault}`);
    };
    for (const { what, line } of source.uses) blame(line, judgeUse(what, path));
    for (const { specifier, line } of source.imports) {
      if (specifier === undefined) {
        // Tests and tools load what they are told to; the product's imports can be read.
        if (zone.mayImport !== 'everything' && zone.name !== 'tools') {
          blame(line, 'imports something that only shows when it runs');
        }
        continue;
      }
      if (/^(#|\/|file:)/.test(specifier)) blame(line, `${specifier} is neither ./ nor a package`);
      const target = resolveImport(specifier, path, workspaces);
      blame(line, target ? judgeImport(zone, target) : judgeUse(specifier, path));
      if (target) targets.add(target);
    }
    imports.set(path, targets);
  }
  return [...faults, ...findCircles(imports).map((circle) => `circular import: ${circle}`)];
}

const quoted = (globs: string[]) => globs.map((glob) => `\`${glob}\``).join(' ');

/** The rules as Markdown tables. */
export function renderRules(): string {
  const list = (names: string[] | 'everything') =>
    typeof names === 'string' ? names : names.join(', ') || 'nothing of ours';
  return [
    '| zone | files | may import |',
    '| --- | --- | --- |',
    ...zones.map((zone) => {
      const door = zone.domain ? ' (domains through their `index.ts`)' : '';
      return `| ${zone.name} | ${quoted(zone.files)} | ${list(zone.mayImport)}${door} |`;
    }),
    '',
    '| what | within | only in |',
    '| --- | --- | --- |',
    ...confinements.map((rule) => {
      const what = typeof rule.what === 'string' ? rule.what : quoted(rule.what.packages);
      const exceptions = rule.butNotIn ? `, but not in ${quoted(rule.butNotIn)}` : '';
      return `| ${what} | \`${rule.within}\` | ${quoted(rule.onlyIn)}${exceptions} |`;
    }),
    '',
    'Circular imports are refused, those of types included.',
  ].join('\n');
}

const section = /(<!-- import-rules:begin -->\n)[\s\S]*?(<!-- import-rules:end -->)/;

/** Compares, or writes, the rules in docs/architecture.md. Returns one sentence per fault. */
export function checkArchitecture(root: string, write: boolean): string[] {
  const path = join(root, 'docs/architecture.md');
  if (!existsSync(path)) return [];
  const before = readFileSync(path, 'utf8');
  if (!section.test(before)) return ['docs/architecture.md has no import-rules:begin and end'];
  const after = before.replace(section, (_, begin, end) => `${begin}${renderRules()}\n${end}`);
  if (before === after) return [];
  if (!write) return ['docs/architecture.md shows older rules: run with --write'];
  writeFileSync(path, after);
  return [];
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const faults = [
    ...checkImports(root),
    ...checkArchitecture(root, process.argv.includes('--write')),
  ];
  for (const fault of faults) console.error(fault);
  console.log(`${faults.length} broken import rules`);
  if (faults.length > 0) process.exitCode = 1;
}
