// Builds the package that others install into packages/sdk, and packs it:
//
//   npm run sdk    prints the name of the tarball, which lies in packages/sdk
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API, NodeBuilderFlags } from 'typescript/unstable/sync';

const root = join(import.meta.dirname, '..');
const home = join(root, 'packages/sdk');
const project = join(home, 'tsconfig.build.json');
const compiler = join(root, 'node_modules/typescript/lib/tsc.js');

/**
 * Writes everything that the package holds into a folder. The contract's types are written out as
 * the compiler sees them, so that the package needs neither the contract nor the library that the
 * contract's schemas are made with.
 */
export function buildSdk(folder: string): void {
  const dist = join(folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const names = new Set<string>();
  const compiled = mkdtempSync(join(tmpdir(), 'anteroom-sdk-'));
  try {
    execFileSync(process.execPath, [compiler, '--project', project, '--outDir', compiled]);
    // What the contract compiles to lies beside it and is left behind.
    const source = join(compiled, 'sdk/src');
    for (const file of readdirSync(source)) {
      const text = readFileSync(join(source, file), 'utf8');
      for (const name of contractTypesIn(text)) names.add(name);
      writeFileSync(join(dist, file), pointInside(text));
    }
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
  writeFileSync(join(dist, 'contract.d.ts'), writeOut(names));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  if (folder === home) return;
  for (const file of ['package.json', 'README.md']) cpSync(join(home, file), join(folder, file));
}

/** The names that a file takes from the contract. */
function contractTypesIn(text: string): string[] {
  const imports = text.matchAll(/(?:import|export) type \{([^}]+)\} from '@anteroom\/contract'/g);
  return [...imports].flatMap(([, names = '']) => names.match(/\w+/g) ?? []);
}

/** Declarations name their neighbours as sources do; outside there are only the compiled ones. */
const pointInside = (text: string) =>
  text
    .replaceAll("from '@anteroom/contract'", "from './contract.js'")
    .replace(/from '(\.\/[\w-]+)\.ts'/g, "from '$1.js'");

/** NodeBuilderFlags: the type itself, whole and not its name, a line for each field. */
const wholeType =
  NodeBuilderFlags.NoTruncation |
  NodeBuilderFlags.InTypeAlias |
  NodeBuilderFlags.MultilineObjectLiterals;

/** Declares these types of the contract without anything they are made from. */
function writeOut(names: ReadonlySet<string>): string {
  const api = new API({});
  try {
    const [opened] = api.updateSnapshot({ openProject: project }).getProjects();
    const index = opened?.program.getSourceFile(join(root, 'packages/contract/src/index.ts'));
    const contract = index && opened?.checker.getSymbolAtLocation(index);
    if (!opened || !contract) throw new Error('the compiler does not find the contract');
    const { checker } = opened;
    return checker
      .getExportsOfModule(contract)
      .filter(({ name }) => names.has(name))
      .map((symbol) => {
        const type = checker.getDeclaredTypeOfSymbol(symbol);
        return `export type ${symbol.name} = ${checker.typeToString(type, undefined, wholeType)};\n`;
      })
      .join('');
  } finally {
    api.close();
  }
}

if (import.meta.main) {
  buildSdk(home);
  execFileSync('npm', ['pack'], { cwd: home, stdio: ['ignore', 'inherit', 'ignore'] });
}
