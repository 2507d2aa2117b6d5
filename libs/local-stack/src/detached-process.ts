import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { guardOrphan } from './orphans.ts';

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly logFile: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What the watchdog ends it with when we are gone; default SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals;
};

export type DetachedProcess = {
  readonly pid: number;
  readonly hasExited: () => boolean;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Signals the process alone. */
  signal(name: NodeJS.Signals): void;
  /** Signals it and what it started. */
  signalGroup(name: NodeJS.Signals): void;
  /** Signals it, and its whole group with SIGKILL if it is still there after `within` ms. */
  end(name: NodeJS.Signals, within: number): Promise<void>;
};

const quietly = (act: () => void): void => {
  try {
    act();
  } catch {
    // it was gone already
  }
};

/** In a session and process group of its own: the terminal's Ctrl-C does not reach it, only we do. */
export const spawnDetached = (command: Command): Promise<DetachedProcess> =>
  new Promise((resolve, reject) => {
    const log = openSync(command.logFile, 'a');
    const { file, args, env, cwd, user = {} } = command;
    const child = spawn(file, args, { env, cwd, ...user, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.once('error', reject);
    child.once('spawn', () => {
      const pid = child.pid as number;
      const forget = guardOrphan({ processGroup: pid, signal: command.orphanSignal ?? 'SIGKILL' });
      let gone = false;
      const exited = new Promise<number | NodeJS.Signals>((done) => {
        child.once('exit', (code, signal) => {
          gone = true;
          forget();
          done(code ?? signal ?? 0);
        });
      });
      child.unref();
      resolve({
        pid,
        hasExited: () => gone,
        exited,
        signal: (name) => quietly(() => child.kill(name)),
        signalGroup: (name) => quietly(() => gone || process.kill(-pid, name)),
        end: async (name, within) => {
          if (gone) return;
          const timer = setTimeout(() => quietly(() => process.kill(-pid, 'SIGKILL')), within);
          child.ref();
          child.kill(name);
          await exited;
          clearTimeout(timer);
          quietly(() => process.kill(-pid, 'SIGKILL'));
        },
      });
    });
  });
