import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planted } from './planted.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Arguments of run.ts, and the bug to plant. */
export type ChildRun = { readonly args: readonly string[]; readonly plant?: string; readonly within?: number };

const TWO_MINUTES = 120_000;

/** Runs run.ts in a child process, since virtual time affects the whole process. Returns the lines that it printed. */
export const runChild = async ({ args, plant, within = TWO_MINUTES }: ChildRun): Promise<Record<string, unknown>[]> => {
  const patches = plant === undefined ? [] : planted[plant];
  if (!patches) throw new Error(`no such planted bug: ${plant}; there are ${Object.keys(planted).join(', ')}`);
  const directory = await mkdtemp(join(tmpdir(), 'planted-'));
  const file = join(directory, 'patches.json');
  await writeFile(file, JSON.stringify(patches));
  const hook = plant === undefined ? [] : ['--import', here('../points/hook.mjs')];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile(
    process.execPath,
    [...hook, here('run.ts'), ...args],
    { env: { PLANTED: file }, timeout: within, maxBuffer: 2 ** 26 },
    (error, stdout, stderr) =>
      error && error.code !== 1
        ? reject(new Error(`${error.message} ${stderr}`))
        : stderr
          ? reject(new Error(stderr))
          : resolve(stdout),
  );
  try {
    const lines = (await promise).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
