import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '@mentor-sessions/local-stack/launch';

const run = promisify(execFile);

type Packing = { readonly library: string; readonly folder: string };

const without = (...names: string[]) => ({
  recursive: true,
  filter: (path: string) => !names.some((name) => path.includes(`/${name}`)),
});

/**
 * `npm pack` of one of our libraries, in a copy below `folder` so that no one sees its package.json change; gives the tarball.
 */
export const packLibrary = async ({ library, folder }: Packing): Promise<string> => {
  const house = join(folder, 'house');
  await mkdir(join(house, 'libs'), { recursive: true });
  for (const file of ['package.json', 'tsconfig.base.json', 'scripts/pack', 'libs/service-kit', `libs/${library}`])
    await cp(join(repository, file), join(house, file), without('node_modules', 'libs/contracts/dist'));
  await symlink(join(repository, 'node_modules'), join(house, 'node_modules')).catch(() => undefined);
  const PATH = `${join(repository, 'node_modules/.bin')}:${process.env['PATH']}`;
  const options = { cwd: join(house, 'libs', library), env: { ...process.env, PATH }, timeout: 120_000 };
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], options);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
};

/** `npm pack` of a package that is installed here, so that it can be installed elsewhere without any registry. */
export const packInstalled = async ({ library, folder }: Packing): Promise<string> => {
  const args = ['pack', join(repository, 'node_modules', library), '--json', '--ignore-scripts'];
  const { stdout } = await run('npm', [...args, '--pack-destination', folder], { cwd: folder, timeout: 60_000 });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
};
