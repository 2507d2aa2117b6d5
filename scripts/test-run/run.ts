import { spawn } from 'node:child_process';
import { whenParentIsGone } from '../bootstrap/parent.mjs';

/** Runs it in the foreground, with further variables, and gives its exit code; signals that we get go to it. */
export const run = (file: string, args: readonly string[], variables: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    whenParentIsGone(() => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
