import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// In a process of its own, as `npm run api-client` does it: the generator wants the real TypeScript, without jest's loader.
test('the types of the REST client are those of /openapi.json; else: npm run api-client', async () => {
  const print = `import { generateTypes } from ${JSON.stringify(here('./generate.ts'))};
    process.stdout.write(JSON.stringify(await generateTypes()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', print], {
    cwd: here('../..'),
    maxBuffer: 16 * 1024 * 1024,
  });
  const files = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(files)).toEqual(['bookings.ts', 'sessions.ts']);
  for (const [name, text] of Object.entries(files))
    expect(await readFile(here(`../../libs/api-client/src/generated/${name}`), 'utf8')).toBe(text);
});
