import type { Job } from '../job.ts';
import type { GoalReached, Row } from './ratios.ts';

export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
};

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const head = (cells: readonly string[]): string[] => [line(cells), line(cells.map(() => '---'))];

const transposed = (table: readonly (readonly string[])[]): string[][] =>
  (table[0] ?? []).map((_, column) => table.map((row) => row[column] ?? ''));

/** Medians by candidate and metric; charted metrics also show the least and the most of the rounds. */
export const metricsTable = ({ metrics }: Job, rows: readonly Row[]): string => {
  const keys = Object.keys(metrics).filter((key) => rows.some((row) => row.metrics[key]));
  const cell = (row: Row, key: string): string => {
    const summary = row.metrics[key];
    if (!summary) return '';
    const { median, least, most, rounds } = summary;
    const spread = rounds > 1 && metrics[key]?.isCharted ? ` (${figure(least)}–${figure(most)})` : '';
    return `${figure(median)}${spread}`;
  };
  const table = [
    ['', ...keys.map((key) => `${metrics[key]?.title} (${metrics[key]?.unit})`)],
    ...rows.map((row) => [row.kind === 'ours' ? `**${row.name}**` : row.name, ...keys.map((key) => cell(row, key))]),
  ];
  // the longer side goes down
  const [titles = [], ...body] = keys.length > rows.length ? transposed(table) : table;
  return [...head(titles), ...body.map(line)].join('\n');
};

/** Ratio of medians (or the figure itself), in brackets the least and the most round. */
export const goalsTable = (goals: readonly GoalReached[]): string =>
  [
    ...head(['goal', 'reached', '']),
    ...goals.map(({ goal, ratio, spread: [least, most], reached }) => {
      const spread = least === most ? '' : ` (${figure(least)}–${figure(most)})`;
      return line([goal, `${figure(ratio)}${spread}`, reached ? 'yes' : '**no**']);
    }),
  ].join('\n');
