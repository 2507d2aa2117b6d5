import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive } from './alive.mjs';

const take = (file) => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    // its holder has died without releasing it
    const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (holder > 0 && !isAlive(holder)) rmSync(file, { force: true });
    return false;
  }
};

/** `npm start` and `npm test` may begin at the same moment on a fresh clone: one installs, the other waits. */
export const oneAtATime = async (folder, name, work) => {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${name}.lock`;
  while (!take(file)) await new Promise((resolve) => setTimeout(resolve, 200));
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
};
