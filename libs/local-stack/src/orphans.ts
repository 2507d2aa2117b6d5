import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What must not outlive this process, even if it is killed with SIGKILL. */
export type Orphan =
  | { readonly processGroup: number; readonly signal: NodeJS.Signals }
  | { readonly directory: string }
  /** A command that removes what the processes used, such as a mount. */
  | { readonly command: readonly [file: string, ...args: string[]] }
  | { readonly container: string };

const kept = new Set<Orphan>();
let watchdog: ChildProcess | undefined;

/** The watchdog reads end-of-file from the pipe when this process has ended in any way. */
const startWatchdog = (): ChildProcess => {
  const script = fileURLToPath(new URL('./watchdog.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return child;
};

const updateWatchdog = (): void => {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${JSON.stringify([...kept])}\n`);
  if (kept.size > 0) return;
  watchdog.stdin?.end();
  watchdog = undefined;
};

/** The watchdog ends it if this process dies first. Call the result when it has been ended in the ordinary way. */
export const guardOrphan = (orphan: Orphan): (() => void) => {
  kept.add(orphan);
  updateWatchdog();
  return () => {
    if (kept.delete(orphan)) updateWatchdog();
  };
};
