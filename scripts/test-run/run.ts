import { spawn } from 'node:child_process';
import { whenParentIsGone } from '../bootstrap/parent.mjs';

/** Runs it in the foreground, with further variables, and gives its exit code; a signal that we get goes to it, and ends us after it. */
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
