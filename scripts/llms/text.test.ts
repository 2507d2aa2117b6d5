import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { llmsText } from './text.ts';

const repository = join(import.meta.dirname, '../..');
const current = readFileSync(join(repository, 'llms.txt'), 'utf8');

test('llms.txt is current: npm run llms writes it', () => {
  expect(current).toBe(llmsText());
});

test('llms.txt names every guide and every library, each with a heading and a sentence', () => {
  const pages = globSync(['docs/*.md', 'libs/*/README.md'], { cwd: repository });
  expect(pages.length).toBeGreaterThan(12);
  for (const page of pages) expect(current).toContain(`](${page}): `);
  const entries = current.split('\n').filter((line) => line.startsWith('- '));
  for (const line of entries) expect(line).toMatch(/^- \[[^\]]+\]\([^)]+\): .{10,}$/);
});
