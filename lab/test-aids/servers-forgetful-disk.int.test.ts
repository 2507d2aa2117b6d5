import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mountForgetfulDisk } from './servers/forgetful-disk.ts';
import { makePrivateDirectory } from './servers/private-directory.ts';

test('a disk whose power is cut has what was flushed, and has forgotten the rest', async () => {
  const directory = await makePrivateDirectory('forgetful');
  const mounted = join(directory.path, 'mounted');
  const disk = await mountForgetfulDisk(mounted, { directory: join(directory.path, 'disk'), megabytes: 64 });
  try {
    const flushed = await open(join(mounted, 'flushed'), 'w');
    await flushed.write('flushed');
    await flushed.sync();
    await flushed.close();
    await writeFile(join(mounted, 'written'), 'written');
    expect(await readFile(join(mounted, 'written'), 'utf8')).toBe('written');

    await disk.cutPower();
    await disk.restorePower();
    expect(await readFile(join(mounted, 'flushed'), 'utf8')).toBe('flushed');
    const written = await readFile(join(mounted, 'written'), 'utf8').catch(({ code }: { code: string }) => code);
    expect(written).not.toBe('written');

    await disk.stall(10);
    await writeFile(join(mounted, 'after'), 'after');
    expect(await readFile(join(mounted, 'after'), 'utf8')).toBe('after');
  } finally {
    await disk.remove();
    await directory.remove();
  }
}, 60_000);
