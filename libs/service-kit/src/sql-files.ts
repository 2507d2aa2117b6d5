import { readFileSync } from 'node:fs';

/**
 * The text of a .sql file, read as psql reads it: `\ir` includes another file, by its path from this one; `\set` gives a
 * name a value; `:name` stands for it. So the same file can be run with `psql -f`. psql knows more than that, and unlike
 * here it replaces nothing within quotes.
 */
export const readSql = (file: URL, values = new Map<string, string>()): string =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => {
      const [, command, name = '', value = ''] = /^\\(ir|set) (\S+) ?(\S*)$/.exec(line) ?? [];
      if (command === 'ir') return readSql(new URL(name, file), values);
      if (command !== 'set')
        return line.replaceAll(/(?<!:):(\w+)/g, (whole, word: string) => values.get(word) ?? whole);
      values.set(name, value);
      return '';
    })
    .join('\n');
