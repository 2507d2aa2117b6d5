import { mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../src/eventually.ts';
import { isRootOfLinux } from '@mentor-sessions/lab/servers/network';

/** Neither gone nor a zombie that its new parent has not collected yet. */
const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
};

const parent = (directory: string): string => `
  const { launch } = await import(${JSON.stringify(new URL('../src/launch.ts', import.meta.url).href)});
  const { guardOrphan } = await import(${JSON.stringify(new URL('../src/orphans.ts', import.meta.url).href)});
  guardOrphan({ directory: ${JSON.stringify(directory)} });
  const child = await launch({ file: 'sleep', args: ['600'], env: process.env, cwd: '/', logFile: '/dev/null' });
  console.log(child.pid);
  setInterval(() => undefined, 1_000);
`;

test('processes started by a process end with it, even if it is killed with SIGKILL', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-orphan-'));
  await writeFile(join(directory, 'data'), '');
  const child = spawn(process.execPath, ['--input-type=module', '-e', parent(directory)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);

  child.kill('SIGKILL');

  await eventually(() => !isAlive(pid) && !existsSync(directory), { describe: 'process and directory are gone' });
});

const parentOfNetworkAndDisk = (directory: string): string => `
  const { createNetwork } = await import(${JSON.stringify(new URL('../../../lab/test-aids/servers/network.ts', import.meta.url).href)});
  const { mountSmallDisk } = await import(${JSON.stringify(new URL('../../../lab/test-aids/servers/small-disk-postgres.ts', import.meta.url).href)});
  const network = await createNetwork(1);
  await mountSmallDisk(${JSON.stringify(directory)}, { megabytes: 1, owner: undefined });
  console.log(network.hosts[0].namespace);
  setInterval(() => undefined, 1_000);
`;

const isMounted = (directory: string): boolean => readFileSync('/proc/mounts', 'utf8').includes(` ${directory} `);
const exists = (namespace: string): boolean => existsSync(join('/run/netns', namespace));

if (isRootOfLinux()) {
  test('network namespaces and mounts are removed, too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-orphan-'));
    const child = spawn(process.execPath, ['--input-type=module', '-e', parentOfNetworkAndDisk(directory)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const namespace = line.toString().trim();
    expect([exists(namespace), isMounted(directory)]).toEqual([true, true]);

    child.kill('SIGKILL');

    const gone = () => !exists(namespace) && !isMounted(directory);
    await eventually(gone, { describe: 'namespace and mount are gone' });
    await rmdir(directory);
  });
}
