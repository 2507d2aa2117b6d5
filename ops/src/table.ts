import { printable } from '@mentor-sessions/service-kit/printable';

export type Column<Row> = readonly [title: string, cell: (row: Row) => string | number | null | undefined];

/** Lines of text, aligned; numbers to the right. A cell is one line, whatever it holds. */
export const table = <Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string => {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row) ?? ''));
  const texts = [columns.map(([title]) => title), ...cells.map((line) => line.map((cell) => printable(String(cell))))];
  const widths = columns.map((_, at) => Math.max(...texts.map((line) => line[at]?.length ?? 0)));
  const isNumber = columns.map((_, at) => cells.length > 0 && cells.every((line) => typeof line[at] === 'number'));
  const pad = (text: string, at: number): string =>
    isNumber[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
  return texts.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
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

/** The first words of a longer text, on one line. */
export const short = (text: string | null, length = 80): string => {
  const line = (text ?? '').replaceAll(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};
