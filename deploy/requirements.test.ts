import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(`${repository}${file}`, 'utf8');

const code = globSync('{libs,services,ops}/**/{src/**/*.ts,sql/*.sql}', { cwd: repository })
  .filter((file) => !file.includes('node_modules') && !file.endsWith('.test.ts'))
  .map(read)
  .join('\n');

const rows = read('docs/requirements.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| required'));
const sentences = rows.map((row) => row.split(' | ').at(-1) ?? '').flatMap((cell) => /`(.+)`/.exec(cell)?.[1] ?? []);

/** What stands between the values that the code puts in: `…`, names in quotes, and sentences made of parts. */
const partsOf = (sentence: string): string[] =>
  sentence
    .split(/…|"|[:;] /)
    .map((part) => part.trim())
    .filter((part) => /\w{3}/.test(part));

test('the page lists sentences', () => {
  expect(sentences.length).toBeGreaterThan(30);
});

test.each(sentences)('the code prints what the requirements promise: %s', (sentence) => {
  expect(partsOf(sentence).filter((part) => !code.includes(part))).toEqual([]);
});

/** Log lines that other pages quote: WARN `…`, ERROR `…`. */
const quoted = ['runbook.md', 'for-operators.md', 'architecture.md'].flatMap((page) =>
  [...read(`docs/${page}`).matchAll(/\b(?:WARN|ERROR)(?: line)? `([^`]+)`/g)].map(
    ([, line = '']) => [page, line] as const,
  ),
);

test.each(quoted)('%s quotes a line that the code logs: %s', (_, line) => {
  expect(partsOf(line).filter((part) => !code.includes(part))).toEqual([]);
});
