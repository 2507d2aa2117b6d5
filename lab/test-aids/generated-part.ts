import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';

const END = '<!-- end of results -->';

/** Writes the part of a page that a command generates: what stands between the comment that names the command and the end of results. */
export const writeGeneratedPart = async (page: URL, command: string, made: string): Promise<void> => {
  const begin = `<!-- results: written by ${command} -->`;
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`${page.pathname} has no results of ${command}`);
  await writeFile(page, `${text.slice(0, from)}${begin}\n\n${made}\n\n${text.slice(to)}`);
};

/** The commit that a result belongs to. */
export const currentCommit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

type Cell = string | number;

const cellOf = (text: Cell): string => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (cells: readonly Cell[]): string => `| ${cells.map(cellOf).join(' | ')} |`;

/** In Markdown. */
export const markdownTable = (head: readonly Cell[], rows: readonly (readonly Cell[])[]): string =>
  [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
