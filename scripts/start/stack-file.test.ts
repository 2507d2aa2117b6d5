import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningStack } from './stack.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-stack-file-'));
  process.env['LOCAL_STACK_FOLDER'] = folder;
});
afterAll(() => rm(folder, { recursive: true }));

const stack = {
  stack: { amqpUrl: 'amqp://127.0.0.1', auth: { issuer: 'us', audience: 'them' } },
  roles: new Map(),
} as unknown as RunningStack;

test('the file is whole when roles restart at the same moment', async () => {
  const { keepStackFile } = await import('./stack-file.ts');
  const { path, rewrite } = await keepStackFile(() => stack);
  await Promise.all(Array.from({ length: 20 }, () => rewrite()));
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ auth: { issuer: 'us' } });
});

test('a write that fails does not fail those after it', async () => {
  const { keepStackFile } = await import('./stack-file.ts');
  const { path, rewrite } = await keepStackFile(() => stack);
  await rm(folder, { recursive: true });
  await expect(rewrite()).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(folder);
  await rewrite();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ auth: { issuer: 'us' } });
});
