import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installWith } from '../../../scripts/bootstrap/dependencies.mjs';
import { unless, verdict } from '../part.ts';
import type { Size, Verdict } from '../part.ts';

/** That of Node 20 and 22, which knows no `allowScripts`. */
const OLD = 'npm@10.9.2';

const say = (folder: string, manifest: object): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
};

/** A repository with two dependencies, each of which would leave a file when its install script ran. */
const repositoryIn = (folder: string): string => {
  const repository = join(folder, 'repository/');
  for (const name of ['allowed', 'forbidden']) {
    say(join(folder, name), {
      name,
      version: '1.0.0',
      scripts: { install: 'echo ran > ran', postinstall: 'echo ran > ran' },
    });
    execFileSync('npm', ['pack', '--silent'], { cwd: join(folder, name) });
  }
  say(repository, {
    name: 'house',
    version: '1.0.0',
    dependencies: { allowed: 'file:../allowed/allowed-1.0.0.tgz', forbidden: 'file:../forbidden/forbidden-1.0.0.tgz' },
    allowScripts: { allowed: true, forbidden: false },
  });
  execFileSync('npm', ['install', '--package-lock-only', '--silent'], { cwd: repository });
  return repository;
};

/** `npm ci` of the bootstrap, under this machine's npm and, in full size, under one that does not read `allowScripts`. */
export const installScripts = (size: Size): Verdict => {
  const folder = mkdtempSync(join(tmpdir(), 'abuse-scripts-'));
  const faults: string[] = [];
  try {
    const repository = repositoryIn(folder);
    const npms = { 'the machine’s npm': ['npm'] } as Record<string, string[]>;
    if (size === 'full') {
      say(join(folder, 'npm'), {});
      execFileSync('npm', ['install', '--no-save', '--silent', OLD], { cwd: join(folder, 'npm') });
      npms[OLD] = [process.execPath, join(folder, 'npm/node_modules/npm/bin/npm-cli.js')];
    }
    for (const [name, command] of Object.entries(npms)) {
      installWith(command, repository);
      const ran = (of: string): boolean => existsSync(join(repository, 'node_modules', of, 'ran'));
      faults.push(...unless(ran('allowed'), `${name} did not run what is allowed`));
      faults.push(...unless(!ran('forbidden'), `${name} ran what is forbidden`));
    }
    return verdict('F52 install scripts run by allow-list under every npm', Object.keys(npms).join(', '), faults);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
