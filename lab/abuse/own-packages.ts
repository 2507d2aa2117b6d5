import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Tools that few need have a package.json of their own: installed (npm ci) when they are first asked for, or have changed. */
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
