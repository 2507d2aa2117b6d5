import { readFile } from 'node:fs/promises';
import type { Role } from '../world/roles.ts';

const token = /eyJ[\w-]{10,}\.[\w-]{10,}/;

/** Lines of logs in which a token or the text of a note stands. */
export const leaksInLogs = async (roles: readonly Role[], canary: string): Promise<string[]> => {
  const lines = await Promise.all(
    roles.map(async ({ name, logFile }) => {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line.includes(canary) || token.test(line))
        .map((line) => `${name}: ${line.slice(0, 400)}`);
    }),
  );
  return lines.flat().slice(0, 20);
};
