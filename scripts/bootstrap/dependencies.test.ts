import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { installDependencies, installWith, isInstalled, isRecent, machineNode } from './dependencies.mjs';

const wanted = {
  '': { name: 'house' },
  'libs/kit': { version: '0.1.0' },
  'node_modules/node': { version: '24.0.0' },
  'node_modules/kit': { link: true, resolved: 'libs/kit' },
  'node_modules/test-tool': { version: '2.0.0', dev: true },
  'node_modules/binding-of-another-platform': { version: '1.0.0', optional: true },
};
let repository: string;

const write = (file: string, packages: object): void =>
  writeFileSync(join(repository, file), JSON.stringify({ packages }));
const install = (packages: object): void => write('node_modules/.package-lock.json', packages);

beforeEach(() => {
  repository = `${mkdtempSync(join(tmpdir(), 'mentor-sessions-bootstrap-'))}/`;
  write('package-lock.json', wanted);
  mkdirSync(join(repository, 'node_modules/.bin'), { recursive: true });
  mkdirSync(join(repository, 'node_modules/kit'));
  writeFileSync(join(repository, 'node_modules/.bin/node'), '');
});
afterEach(() => rmSync(repository, { recursive: true }));

test('nothing is installed while a script runs from this checkout', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)']);
  const running = join(repository, '.local/running');
  mkdirSync(running, { recursive: true });
  writeFileSync(join(running, String(other.pid)), 'scripts/start.ts');
  await expect(installDependencies(repository, { dev: true })).rejects.toThrow('scripts/start.ts is running');
  other.kill();
});

describe('the dependencies are installed', () => {
  test('when npm installed what the lockfile requires, except packages of other platforms', () => {
    install({ 'node_modules/node': { version: '24.0.0' }, 'node_modules/test-tool': { version: '2.0.0', dev: true } });
    expect(isInstalled(repository, { dev: true })).toBe(true);
  });

  test('without the development tools when only these are missing', () => {
    install({ 'node_modules/node': { version: '24.0.0' } });
    expect(isInstalled(repository, { dev: false })).toBe(true);
    expect(isInstalled(repository, { dev: true })).toBe(false);
  });

  test('not when one is of another version', () => {
    install({ 'node_modules/node': { version: '22.0.0' } });
    expect(isInstalled(repository, { dev: false })).toBe(false);
  });

  test('not when one is missing', () => {
    install({});
    expect(isInstalled(repository, { dev: true })).toBe(false);
  });

  test('not when a workspace is not linked', () => {
    install({ 'node_modules/node': { version: '24.0.0' } });
    expect(isInstalled(repository, { dev: false })).toBe(true);
    rmSync(join(repository, 'node_modules/kit'), { recursive: true });
    expect(isInstalled(repository, { dev: false })).toBe(false);
  });

  test('not when npm was interrupted, which leaves no list of its own', () => {
    expect(isInstalled(repository, { dev: true })).toBe(false);
  });
});

const inEnvironment = (variables: NodeJS.ProcessEnv): void =>
  void jest.replaceProperty(process, 'env', { ...process.env, ...variables });
afterEach(() => {
  jest.restoreAllMocks();
});

describe('on a machine whose settings leave packages out', () => {
  beforeEach(() => {
    rmSync(join(repository, 'node_modules'), { recursive: true });
    const kinds = { devDependencies: { tool: 'file:tool' }, optionalDependencies: { binding: 'file:binding' } };
    writeFileSync(join(repository, 'package.json'), JSON.stringify({ name: 'house', version: '1.0.0', ...kinds }));
    for (const [name, kind] of [
      ['tool', 'dev'],
      ['binding', 'optional'],
    ] as const) {
      mkdirSync(join(repository, name));
      writeFileSync(join(repository, name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
      packages[name] = { version: '1.0.0', [kind]: true };
      packages[`node_modules/${name}`] = { resolved: name, link: true, [kind]: true };
    }
    packages[''] = { name: 'house', version: '1.0.0', ...kinds };
    const lock = { name: 'house', version: '1.0.0', lockfileVersion: 3, requires: true, packages };
    writeFileSync(join(repository, 'package-lock.json'), JSON.stringify(lock));
  });
  const packages: Record<string, object> = {};
  const isThere = (name: string): boolean => existsSync(join(repository, 'node_modules', name));

  test.each([
    { NODE_ENV: 'production' },
    { npm_config_omit: 'dev' },
    { npm_config_omit: 'optional', NODE_ENV: 'production' },
  ])('development tools and native bindings are installed all the same: %p', (variables) => {
    inEnvironment(variables);
    installWith(['npm'], repository, { dev: true });
    expect([isThere('tool'), isThere('binding')]).toEqual([true, true]);
  });

  test('development tools are left out when they are not wanted', () => {
    installWith(['npm'], repository, { dev: false });
    expect([isThere('tool'), isThere('binding')]).toEqual([false, true]);
  });
});

test('the Node that counts is the machine’s, although npm puts the project’s own first in PATH', () => {
  const versions = { 'node_modules/.bin': '24.0.0', machine: '18.20.4' };
  for (const [folder, version] of Object.entries(versions)) {
    mkdirSync(join(repository, folder), { recursive: true });
    writeFileSync(join(repository, folder, 'node'), `#!/bin/sh\necho v${version}\n`);
    chmodSync(join(repository, folder, 'node'), 0o755);
  }
  inEnvironment({
    PATH: Object.keys(versions)
      .map((folder) => join(repository, folder))
      .join(delimiter),
  });
  expect(machineNode()).toBe('18.20.4');
});

test('detects a Node that is too old for the native packages', () => {
  expect(['20.19.0', '20.20.2', '22.12.0', '24.1.0', '26.0.0'].filter((version) => !isRecent(version))).toEqual([]);
  expect(['18.20.4', '19.9.0', '20.18.3', '21.7.3', '22.11.0'].filter(isRecent)).toEqual([]);
});
