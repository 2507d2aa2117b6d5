import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { canInstallDebianPackages, installDebianPackages } from '@mentor-sessions/local-stack/binaries';

const run = promisify(execFile);

/** The distribution's own: its packages are not for another Python on the PATH. */
const python = '/usr/bin/python3';
const hasModules = (): Promise<boolean> =>
  run(python, ['-c', 'import pika, jsonschema']).then(
    () => true,
    () => false,
  );

/** A Python that has pika and jsonschema; on Debian as root they are installed when they are missing. */
export const pythonWithPika = async (): Promise<string> => {
  if (await hasModules()) return python;
  const packages = ['python3', 'python3-pika', 'python3-jsonschema'];
  if (!canInstallDebianPackages()) throw new Error(`the Python examples need ${packages.join(', ')}: install them`);
  await installDebianPackages(packages);
  return python;
};
