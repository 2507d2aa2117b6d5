import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '@mentor-sessions/local-stack/launch';
import { packLibrary } from '@mentor-sessions/lab/packed';

const run = promisify(execFile);

const unpack = async (tarball: string, into: string): Promise<string[]> => {
  await mkdir(into, { recursive: true });
  await run('tar', ['xzf', tarball, '-C', into, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(join(into, 'package.json'), 'utf8')) as { dependencies: object };
  return Object.keys(dependencies);
};

/** An empty directory with the packed contracts and messaging, what these depend on (linked: no registry is asked), and consume.ts. */
export const strangersFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-stranger-'));
  const modules = join(folder, 'node_modules');
  const needed = new Set<string>();
  for (const library of ['contracts', 'messaging']) {
    const tarball = await packLibrary({ library, folder });
    for (const name of await unpack(tarball, join(modules, '@mentor-sessions', library))) needed.add(name);
  }
  for (const name of needed) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(repository, 'node_modules', name), join(modules, name));
  }
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await cp(new URL('../consume.ts', import.meta.url), join(folder, 'consume.ts'));
  return folder;
};
