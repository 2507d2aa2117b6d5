import { spawn } from 'node:child_process';
import { repository } from '@mentor-sessions/local-stack/launch';

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** The operators' command line as a process with pipes; of our environment it gets only PATH. */
export const spawnOps = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  spawn(process.execPath, [`${repository}ops/src/main.ts`, ...args], {
    cwd: repository,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export const runOps = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawnOps(args, env);
    const said = { out: '', err: '' };
    child.stdout.on('data', (text: Buffer) => (said.out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (said.err += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
