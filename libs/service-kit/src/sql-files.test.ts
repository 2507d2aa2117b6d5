import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readSql } from './sql-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sql-files-'));
  mkdirSync(join(folder, 'library'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (files: Record<string, string>): string => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return readSql(pathToFileURL(join(folder, Object.keys(files)[0] ?? '')));
};

test('a file is included where it is named, by its path from the file that names it', () => {
  const files = { 'a.sql': 'a\n\\ir library/b.sql\nd', 'library/b.sql': 'b\n\\ir c.sql', 'library/c.sql': 'c' };
  expect(read(files)).toBe('a\nb\nc\nd');
});

test('a name stands for the value that it was given, also in included files', () => {
  const files = {
    'a.sql': '\\set app bookings_app\n\\ir library/b.sql',
    'library/b.sql': 'grant select on t to :app, :app;',
  };
  expect(read(files)).toBe('\ngrant select on t to bookings_app, bookings_app;');
});

test('casts, slices and names without a value stay as they are', () => {
  const sql = `select 'x'::text, a[1:2], :unknown, a::app;`;
  expect(read({ 'a.sql': `\\set app bookings_app\n${sql}` })).toBe(`\n${sql}`);
});

test('a file that is missing is an error', () => {
  expect(() => read({ 'a.sql': '\\ir missing.sql' })).toThrow(/ENOENT.*missing\.sql/);
});
