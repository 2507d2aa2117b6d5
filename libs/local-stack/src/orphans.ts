import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What must not outlive this process, even if it is killed with SIGKILL. */
export type Orphan =
  | { readonly processGroup: number; readonly signal: NodeJS.Signals }
  | { readonly directory: string }
  | { readonly networkNamespace: string }
  | { readonly mount: string }
  | { readonly container: string };

const kept = new Set<Orphan>();
let watchdog: ChildProcess | undefined;

/** The watchdog's end of the pipe reads end-of-file when this process is gone, however it went. */
const startWatchdog = (): ChildProcess => {
  const script = fileURLToPath(new URL('./watchdog.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return child;
};

const tell = (): void => {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${JSON.stringify([...kept])}\n`);
  if (kept.size > 0) return;
  watchdog.stdin?.end();
  watchdog = undefined;
};

/** Hands it to the watchdog; call what comes back when it has been ended in the ordinary way. */
export const guardOrphan = (orphan: Orphan): (() => void) => {
  kept.add(orphan);
  tell();
  return () => {
    if (kept.delete(orphan)) tell();
  };
};
