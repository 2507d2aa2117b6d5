import { existsSync, globSync, realpathSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { canInstallDebianPackages } from '@mentor-sessions/local-stack/binaries';
import { run } from '@mentor-sessions/lab/run';

/** Debian's suites, oldest first, and their versions. */
export const suites = [
  { name: 'bookworm', postgres: '15', rabbitmq: '3.10' },
  { name: 'trixie', postgres: '17', rabbitmq: '4.0' },
  { name: 'forky', postgres: '18', rabbitmq: '4.3' },
] as const;
export type Suite = (typeof suites)[number];

/** A pair of versions, by the suites that have them. */
export type Cell = { readonly database: Suite; readonly broker: Suite };

/** Shared by all checkouts, like installed packages. */
const folder = '/var/cache/mentor-sessions/debian';
const packages = ['postgresql', 'rabbitmq-server', 'iproute2', 'procps', 'ca-certificates', 'git'];
const big = { maxBuffer: 64 * 1024 * 1024 };

export const rootOf = ({ name }: Suite): string => join(folder, name);

/** Makes programs find the loader and libraries of their own suite when they run in the root directory of another. */
const bindToOwnLibraries = async (built: string, final: string): Promise<void> => {
  const patchelf = await debianCommand('patchelf', 'patchelf');
  const [libraries = ''] = globSync(`${built}/usr/lib/*-linux-gnu`);
  const own = libraries.replace(built, final);
  // some are symbolic links
  const programs = new Set(globSync(`${built}/usr/lib/postgresql/*/bin/*`).map((path) => realpathSync(path)));
  for (const program of programs) {
    const loader = await run(patchelf, ['--print-interpreter', program]).catch(() => undefined);
    if (!loader) continue; // a script, not a program
    const toLoader = ['--set-interpreter', join(own, basename(loader.stdout.trim()))];
    // DT_RPATH, which also applies to libraries of libraries
    await run(patchelf, [...toLoader, '--force-rpath', '--set-rpath', own, program]);
  }
};

/** The root directory of a suite with PostgreSQL and RabbitMQ: four minutes and 850 MB the first time. */
export const makeRoot = async (suite: Suite, say: (line: string) => void): Promise<void> => {
  const root = rootOf(suite);
  if (existsSync(root)) return;
  if (!canInstallDebianPackages()) throw new Error('other versions of PostgreSQL and RabbitMQ need root on Debian');
  const debootstrap = await debianCommand('debootstrap', 'debootstrap');
  say(`installing Debian ${suite.name} in ${root}`);
  const built = `${root}.new`;
  await rm(built, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // an empty mirror means the default; the script is the same for all suites, and an older debootstrap lacks newer names
  const args = [
    '--variant=minbase',
    `--include=${packages.join()}`,
    suite.name,
    built,
    '',
    '/usr/share/debootstrap/scripts/sid',
  ];
  await run(debootstrap, args, big);
  // metadata of an unreleased suite may have expired
  await writeFile(`${built}/etc/apt/apt.conf.d/99old-lists`, 'Acquire::Check-Valid-Until "false";\n');
  await bindToOwnLibraries(built, root);
  await rename(built, root);
};
