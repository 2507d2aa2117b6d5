import { spawn } from 'node:child_process';
import { whenParentIsGone } from '../bootstrap/parent.mjs';

/** Runs it in the foreground, with further variables, and returns its exit code. A signal to this process goes to it; this process exits after it. */
export const run = (file: string, args: readonly string[], variables: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
    let isAskedToEnd = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        isAskedToEnd = true;
        child.kill(signal);
      });
    whenParentIsGone(() => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => (isAskedToEnd ? process.exit(1) : resolve(code ?? 1)));
  });
