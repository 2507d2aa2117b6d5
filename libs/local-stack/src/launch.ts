import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardOrphan } from './orphans.ts';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

export type Program = {
  /** Default: this Node. */
  readonly file?: string;
  readonly args?: readonly string[];
  /** All its variables besides PATH and NODE_COMPILE_CACHE. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the repository. */
  readonly cwd?: string;
  /** Default: a temporary file that is removed when the process has exited. */
  readonly logFile?: string | undefined;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** The watchdog's signal if this process dies. Default: SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals;
};

const ignoreGone = (act: () => void): void => {
  try {
    act();
  } catch {
    // the process has exited
  }
};

/** Reads what is appended to `logFile` from now on. */
const openLog = async (logFile?: string) => {
  const file = logFile ?? join(await mkdtemp(join(tmpdir(), 'mentor-sessions-log-')), 'log');
  const from = existsSync(file) ? statSync(file).size : 0;
  let last: string | undefined;
  const read = (): string => last ?? readFileSync(file).subarray(from).toString();
  const close = async (): Promise<void> => {
    if (logFile !== undefined) return;
    last = read();
    await rm(dirname(file), { recursive: true, force: true });
  };
  return { file, read, close };
};

/** Starts a program in a session and process group of its own: the terminal's Ctrl-C does not reach it. */
export const launch = async (program: Program) => {
  const { file = process.execPath, args = [], cwd = repository, user = {}, orphanSignal = 'SIGKILL' } = program;
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, ...program.env };
  const log = await openLog(program.logFile);
  const output = openSync(log.file, 'a');
  const child = spawn(file, args, { env, cwd, ...user, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  await once(child, 'spawn');
  const pid = child.pid as number;
  const forget = guardOrphan({ processGroup: pid, signal: orphanSignal });
  let gone = false;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true;
      forget();
      void log.close().then(() => resolve(code ?? signal ?? 0));
    });
  });
  child.unref();
  return {
    pid,
    hasExited: () => gone,
    /** Exit code, or the signal that ended it. */
    exited,
    /** What this process has written so far. */
    log: log.read,
    /** Signals the process alone. */
    signal: (name: NodeJS.Signals) => ignoreGone(() => child.kill(name)),
    /** Signals it and what it started. */
    signalGroup: (name: NodeJS.Signals) => ignoreGone(() => gone || process.kill(-pid, name)),
    /** Signals it, and its whole group with SIGKILL if it is still there after `within` ms. */
    end: async (name: NodeJS.Signals, within: number): Promise<void> => {
      if (gone) return;
      const timer = setTimeout(() => ignoreGone(() => process.kill(-pid, 'SIGKILL')), within);
      child.ref();
      child.kill(name);
      await exited;
      clearTimeout(timer);
      ignoreGone(() => process.kill(-pid, 'SIGKILL'));
    },
  };
};

export type Launched = Awaited<ReturnType<typeof launch>>;

type Line = { readonly msg?: string; readonly component?: string; readonly port?: number; readonly url?: string };

const parsed = (line: string): Line => {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
};

/**
 * The ports on which a process listens according to its log, by component. A response on a chosen port proves nothing:
 * another program may have taken the port a moment before.
 */
export const portsItListensOn = (log: string): ReadonlyMap<string, number> =>
  new Map(
    log
      .split('\n')
      .map(parsed)
      .filter(({ msg }) => msg === 'listening')
      .map(({ component = '', port, url }) => [component, port ?? Number(new URL(url ?? 'http://-').port)]),
  );
