import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages } from '@mentor-sessions/local-stack/binaries';

/** Something that a test needs on this machine. If `find` does not find it, its packages are installed (on Debian, as root). */
export const fromDebian = async <T>(
  packages: readonly string[],
  find: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  const there = await find();
  if (there !== undefined) return there;
  const names = packages.join(', ');
  if (!canInstallDebianPackages()) throw new Error(`missing on this machine: install ${names}`);
  await installDebianPackages(packages);
  const installed = await find();
  if (installed === undefined) throw new Error(`${names} installed, but what the test needs is not there`);
  return installed;
};

const found = (command: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
    .map((directory) => join(directory, command))
    .find((file) => existsSync(file));

/** The path of a command that a test needs. */
export const debianCommand = (command: string, debianPackage: string): Promise<string> =>
  fromDebian([debianPackage], () => found(command));
