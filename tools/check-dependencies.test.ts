import { expect, it } from 'vitest';
import {
  checkLock,
  checkManifest,
  type Lock,
  type LockedPackage,
  renderLicences,
} from './check-dependencies.ts';

const good: LockedPackage = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' };

const lockWith = (entry: LockedPackage, path = 'node_modules/a'): Lock => ({
  packages: { '': { workspaces: ['packages/*'] }, 'packages/ours': {}, [path]: entry },
});

it.each<[string, LockedPackage]>([
  ['a registry package', good],
  ['one of two licences', { ...good, license: '(GPL-3.0 OR MIT)' }],
  ['both of two licences', { ...good, license: '(MIT AND Zlib)' }],
  ['MPL-2.0 in development', { ...good, license: 'MPL-2.0', dev: true }],
  ['a workspace', { link: true, resolved: 'packages/ours' }],
])('lets %s through', (_name, entry) => {
  expect(checkLock(lockWith(entry))).toEqual([]);
});

it.each<[string, LockedPackage, string]>([
  ['no integrity', { version: '1.0.0', license: 'MIT' }, 'a@1.0.0 has no sha512 integrity'],
  ['sha1', { ...good, integrity: 'sha1-x' }, 'has no sha512 integrity'],
  ['git', { ...good, resolved: 'git+ssh://a.example/b.git#1' }, 'not from the registry'],
  ['a tarball', { ...good, resolved: 'https://a.example/a.tgz' }, 'not from the registry'],
  ['a file', { ...good, resolved: 'file:a.tgz' }, 'not from the registry'],
  ['a link elsewhere', { link: true, resolved: '../a' }, 'no workspace of ours'],
  ['an install script', { ...good, hasInstallScript: true }, 'has an install script'],
  ['no licence', { version: '1.0.0', integrity: 'sha512-x' }, 'has licence unknown'],
  ['a forbidden licence', { ...good, license: 'GPL-3.0' }, 'has licence GPL-3.0'],
  ['half a licence', { ...good, license: '(MIT AND GPL-3.0)' }, 'has licence (MIT AND'],
  ['nested terms', { ...good, license: '(MIT OR ISC) AND GPL-3.0' }, 'has licence (MIT OR'],
  ['MPL-2.0 at run time', { ...good, license: 'MPL-2.0' }, 'has licence MPL-2.0'],
])('refuses %s', (_name, entry, fault) => {
  expect(checkLock(lockWith(entry))).toEqual([expect.stringContaining(fault)]);
});

it('refuses the same install script in a nested package', () => {
  const path = 'node_modules/b/node_modules/@scope/a';
  expect(checkLock(lockWith({ ...good, hasInstallScript: true }, path))).toEqual([
    expect.stringContaining('@scope/a@1.0.0 has an install script'),
  ]);
});

it.each([
  '^1.0.0',
  '~1.0.0',
  '1.x',
  '*',
  'latest',
  '>=1.0.0',
  'file:../a',
  'git+ssh://a.example/b',
])('refuses version %s in a package.json of ours', (version) => {
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    expect(checkManifest('package.json', { [group]: { a: version } })).toHaveLength(1);
  }
  expect(checkManifest('package.json', { dependencies: { a: '1.0.0-beta.2' } })).toEqual([]);
});

it('lists each name and version once, with its licence and use', () => {
  const lock = lockWith(good);
  lock.packages['node_modules/b/node_modules/a'] = good;
  lock.packages['node_modules/b'] = { ...good, license: 'ISC', dev: true };
  expect(renderLicences(lock).split('\n').slice(-4)).toEqual([
    '| --- | --- | --- | --- |',
    '| a | 1.0.0 | MIT | run time |',
    '| b | 1.0.0 | ISC | development |',
    '',
  ]);
});
