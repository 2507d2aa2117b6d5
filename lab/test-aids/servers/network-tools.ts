import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { canInstallDebianPackages, installDebianPackages } from '@mentor-sessions/local-stack/binaries';

export const run = promisify(execFile);

const packages = { ip: 'iproute2', iptables: 'iptables' };
const folders = (): string[] => [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

const missingPackages = (): string[] =>
  Object.entries(packages).flatMap(([name, debian]) =>
    folders().some((folder) => existsSync(join(folder, name))) ? [] : [debian],
  );

/** Namespaces, mounts and packet filters are root's, on Linux. */
export const isRootOfLinux = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** `ip` and `iptables`, from Debian when they are missing. */
export const ensureNetworkTools = async (): Promise<void> => {
  if (!isRootOfLinux()) throw new Error('network namespaces need root on Linux');
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (!canInstallDebianPackages()) throw new Error(`${missing.join(' and ')} must be installed`);
  await installDebianPackages(missing);
};
