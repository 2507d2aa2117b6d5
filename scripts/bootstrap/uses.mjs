import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive } from './alive.mjs';

const folderOf = (repository) => `${repository}.local/running/`;

/** Notes that this process runs `script` from node_modules, until it exits. */
export const registerUse = (repository, script) => {
  const file = `${folderOf(repository)}${process.pid}`;
  mkdirSync(folderOf(repository), { recursive: true });
  writeFileSync(file, script);
  process.on('exit', () => rmSync(file, { force: true }));
};

/** The scripts that other processes are running from node_modules now. */
export const scriptsInUse = (repository) => {
  const folder = folderOf(repository);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((pid) => Number(pid) !== process.pid && isAlive(Number(pid)))
    .map((pid) => readFileSync(`${folder}${pid}`, 'utf8'));
};
