import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { brokenPromises } from './documents.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// In a process of its own, as `npm run api-client` does it: the generator wants the real TypeScript, without jest's loader.
test('documents, types and page are current; else: npm run api-client', async () => {
  const print = `import { generated } from ${JSON.stringify(here('./generate.ts'))};
    process.stdout.write(JSON.stringify(await generated()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', print], {
    cwd: here('../..'),
    maxBuffer: 16 * 1024 * 1024,
  });
  const files = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(files)).toHaveLength(5);
  for (const [path, text] of Object.entries(files)) expect(await readFile(here(`../../${path}`), 'utf8')).toBe(text);
});

test('what changed since the committed documents is an addition', () => {
  expect(brokenPromises()).toEqual([]);
});
