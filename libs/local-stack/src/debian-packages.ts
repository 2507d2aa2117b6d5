import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const policyFile = '/usr/sbin/policy-rc.d';
const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };

export const canInstallDebianPackages = (): boolean =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');

/** Debian asks this file before it starts a service after installing it; 101 means no. An existing one is left alone. */
const withoutStartingServices = async (work: () => Promise<void>): Promise<void> => {
  const ours = !existsSync(policyFile);
  if (ours) await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) await rm(policyFile, { force: true });
  }
};

/** Installs them with apt-get, waiting for another apt-get that is running; none of their services is started. */
export const installDebianPackages = (packages: readonly string[]): Promise<void> =>
  withoutStartingServices(async () => {
    const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
    await run('apt-get', [...wait, 'update'], quiet);
    await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], quiet);
  });
