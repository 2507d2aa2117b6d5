import { mkdtemp, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../src/eventually.ts';

/** Neither gone nor a zombie that its new parent has not collected yet. */
const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
};

const parent = (directory: string): string => `
  const { spawnDetached } = await import(${JSON.stringify(new URL('../src/detached-process.ts', import.meta.url).href)});
  const { guardOrphan } = await import(${JSON.stringify(new URL('../src/orphans.ts', import.meta.url).href)});
  guardOrphan({ directory: ${JSON.stringify(directory)} });
  const child = await spawnDetached({ file: 'sleep', args: ['600'], env: process.env, cwd: '/', logFile: '/dev/null' });
  console.log(child.pid);
  setInterval(() => undefined, 1_000);
`;

test('what a process started does not outlive it, even if it is killed with SIGKILL', async () => {
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
