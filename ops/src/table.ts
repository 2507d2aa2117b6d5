import { printable } from '@mentor-sessions/service-kit/printable';

export type Cells = Readonly<Record<string, string | number | null | undefined>>;

/** Aligned lines, titled by the keys of the rows; numbers to the right. A cell is one line, whatever it contains. */
export const table = (rows: readonly Cells[]): string => {
  const columns = Object.keys(rows[0] ?? {}).map((title) => {
    const cells = rows.map((row) => row[title] ?? '');
    const texts = [title, ...cells.map((cell) => printable(String(cell)))];
    const width = Math.max(...texts.map(({ length }) => length));
    const isNumber = cells.every((cell) => typeof cell === 'number');
    return texts.map((text) => (isNumber ? text.padStart(width) : text.padEnd(width)));
  });
  const line = (at: number): string => columns.map((column) => column[at]).join('  ');
  return rows.length === 0 ? 'none' : ['title', ...rows].map((_, at) => line(at).trimEnd()).join('\n');
};

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** `12 s`, `3 min`: one unit says enough. */
export const age = (seconds: number): string => {
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
};

export const time = (at: Date | null): string => at?.toISOString() ?? '';

/** The beginning of a longer text, on one line. */
export const short = (text: string | null, length = 80): string => {
  const line = (text ?? '').replaceAll(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

/** `1 dead letter`, `2 dead letters`; a count that is a text is many. */
export const counted = (count: number | string, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
