import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, rmdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';
import { debianCommand } from '../debian-command.ts';
import { isRootOfLinux, run } from './network.ts';

const program = fileURLToPath(new URL('./forgetful-device.ts', import.meta.url));

/** Blocks of 4 KiB that were written and not flushed when the power was cut. */
export type Cut = { readonly forgotten: number; readonly kept: number };

export type HowToCut = {
  /** The share of blocks that reach the disk, at random: a page of 8 KiB may be torn, and a later block may exist without an earlier one. */
  readonly keep?: number;
  readonly seed?: string;
  /** Waits until so many blocks are not flushed. */
  readonly blocks?: number;
};

export type ForgetfulDisk = {
  /** Drops what was not flushed, and fails every later request. */
  cutPower(how?: HowToCut): Promise<Cut>;
  /** Mounts it again, after a power cut and the end of all processes that used it. */
  restorePower(): Promise<void>;
  /** Stalls for a while. */
  stall(milliseconds: number): Promise<void>;
  remove(): Promise<void>;
};

type Device = {
  readonly command: (line: string) => Promise<string>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: () => Promise<unknown>;
};

const startDevice = async (store: string, file: string): Promise<Device> => {
  const child: ChildProcess = spawn(process.execPath, [program, store, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const forget = guardOrphan({ processGroup: child.pid as number, signal: 'SIGKILL' });
  void ended.then(forget);
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const next = async (): Promise<string> => {
    const line = await Promise.race([once(lines, 'line'), ended.then(() => null)]);
    if (line === null) throw new Error('the forgetful device ended');
    return String(line[0]);
  };
  await next();
  return {
    command: (line) => {
      const answer = next();
      child.stdin?.write(`${line}\n`);
      return answer;
    },
    signal: (name) => void child.kill(name),
    ended: () => ended,
  };
};

const isMounted = async (path: string): Promise<boolean> =>
  (await readFile('/proc/self/mounts', 'utf8')).split('\n').some((line) => line.split(' ')[1] === path);

const unmount = async (path: string): Promise<void> => {
  const tryTo = (): Promise<true> => run('umount', [path]).then(() => true);
  if (await isMounted(path)) await eventually(tryTo, { within: 20_000, describe: `${path} is unmounted` });
};

type Options = {
  /** The directory of its own files. */
  readonly directory: string;
  readonly megabytes: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
};

/** An ext4 file system at `path`, on a disk that loses what was not flushed at a power cut. */
export const mountForgetfulDisk = async (
  path: string,
  { directory, megabytes, owner }: Options,
): Promise<ForgetfulDisk> => {
  if (!isRootOfLinux()) throw new Error('a disk of our own is a mount, and that needs root on Linux');
  const [mkfs, losetup] = [await debianCommand('mkfs.ext4', 'e2fsprogs'), await debianCommand('losetup', 'mount')];
  const [store, file] = [join(directory, 'flushed'), join(directory, 'device')];
  await mkdir(directory, { recursive: true });
  await mkdir(path, { recursive: true });
  await writeFile(store, '');
  await truncate(store, megabytes * 1_024 * 1_024);
  await writeFile(file, '');
  const forget = [path, file].map((each) => guardOrphan({ command: ['umount', '--lazy', each] }));

  let device: Device;
  let loop = '';
  const mount = async (): Promise<void> => {
    await run('mount', [loop, path]);
    await run(losetup, ['--detach', loop]); // when it is unmounted
  };
  const attach = async (): Promise<void> => {
    device = await startDevice(store, file);
    loop = (await run(losetup, ['--find', '--show', file])).stdout.trim();
  };
  const detach = async (): Promise<void> => {
    await unmount(path);
    await unmount(file);
    await device.ended();
  };
  await attach();
  await run(mkfs, ['-q', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', loop]);
  await mount();
  await rmdir(join(path, 'lost+found')); // some programs need an empty directory
  if (owner) await chown(path, owner.uid, owner.gid);
  return {
    cutPower: async ({ keep = 0, seed = '', blocks = 0 } = {}) => {
      const [, forgotten = '', kept = ''] = (await device.command(`cut ${keep} ${blocks} ${seed}`)).split(' ');
      return { forgotten: Number(forgotten), kept: Number(kept) };
    },
    restorePower: async () => {
      await detach();
      await attach();
      await mount();
    },
    stall: async (milliseconds) => {
      device.signal('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      device.signal('SIGCONT');
    },
    remove: async () => {
      await detach();
      for (const each of forget) each();
    },
  };
};
