import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { catalogue } from '../catalogue.ts';
import { readResults } from './results.ts';
import { tables } from './table.ts';

const page = fileURLToPath(new URL('../../../docs/faults.md', import.meta.url));
const between = /(<!-- results: written by npm run faults -->\n)[\s\S]*(<!-- end of results -->)/;

/** Brings the tables of docs/faults.md up to date with all results so far. */
export const rewritePage = async (): Promise<void> => {
  const text = await readFile(page, 'utf8');
  const made = tables(catalogue, await readResults());
  await writeFile(
    page,
    text.replace(between, (_, begin: string, end: string) => `${begin}\n${made}\n\n${end}`),
  );
};
