import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages } from '@mentor-sessions/local-stack/binaries';

const found = (command: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map((directory) => join(directory, command))
    .find((file) => existsSync(file));

/** Where a command is that a test needs; on Debian as root its package is installed first. */
export const debianCommand = async (command: string, debianPackage: string): Promise<string> => {
  const there = found(command);
  if (there) return there;
  if (!canInstallDebianPackages()) throw new Error(`${command} is not on this machine: install ${debianPackage}`);
  await installDebianPackages([debianPackage]);
  const installed = found(command);
  if (!installed) throw new Error(`${debianPackage} is installed, but there is no ${command} on the PATH`);
  return installed;
};
