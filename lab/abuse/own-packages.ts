import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Rarely used tools have their own package.json, installed (npm ci) at first use and after a change. */
export const installOwn = (folder: string): void => {
  const lockfile = readFileSync(`${folder}/package-lock.json`, 'utf8');
  const stamp = `${folder}/node_modules/.installed`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return;
  console.error(`Installing the packages of ${folder} (npm ci) …`);
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  writeFileSync(stamp, lockfile);
};
