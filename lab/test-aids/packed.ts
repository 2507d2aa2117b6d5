import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import { run } from './run.ts';

type Packing = { readonly library: string; readonly folder: string };

const ignoredByGit = /\/(node_modules|dist)(\/|$)/;

/** Copies what `npm pack` of our libraries needs to `folder`: it changes package.json, which other tests would see. */
export const copyLibraries = async (folder: string): Promise<string> => {
  const copy = join(folder, 'repository');
  const filter = (path: string): boolean => !ignoredByGit.test(path.slice(repository.length));
  for (const path of ['package.json', 'tsconfig.base.json', 'scripts/pack', 'libs'])
    await cp(join(repository, path), join(copy, path), { recursive: true, filter });
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

const tarballOf = (folder: string, output: string): string => {
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
};

/** Packs one of our libraries; returns the tarball's name in `folder`. */
export const packLibrary = async ({ library, folder }: Packing): Promise<string> => {
  const copy = await mkdtemp(join(folder, 'packing-'));
  const PATH = `${join(repository, 'node_modules/.bin')}:${process.env['PATH']}`;
  const cwd = join(await copyLibraries(copy), 'libs', library);
  const options = { cwd, env: { ...process.env, PATH }, timeout: 120_000 };
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], options);
  return tarballOf(folder, stdout);
};

/** Packs an installed package, so that it can be installed elsewhere without a registry. */
export const packInstalled = async ({ library, folder }: Packing): Promise<string> => {
  const args = ['pack', join(repository, 'node_modules', library), '--json', '--ignore-scripts'];
  const { stdout } = await run('npm', [...args, '--pack-destination', folder], { cwd: folder, timeout: 60_000 });
  return tarballOf(folder, stdout);
};
