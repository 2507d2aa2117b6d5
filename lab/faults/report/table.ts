import type { Fault } from '../fault.ts';
import type { Figures } from '../run-fault.ts';
import type { Result } from './results.ts';

const cell = (text: string | number): string => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly (string | number)[]): string => `| ${cells.map(cell).join(' | ')} |`;
const sum = (results: readonly Result[], figure: keyof Figures): number =>
  results.reduce((total, { figures }) => total + figures[figure], 0);
const number = (value: number): string => value.toLocaleString('en');

const verdict = (results: readonly Result[]): string => {
  const broken = results.filter(({ violations }) => violations > 0).length;
  return broken === 0
    ? `${results.length} of ${results.length}`
    : `**${results.length - broken} of ${results.length}**`;
};

const faultRow = ({ id, name, promise, how }: Fault, results: readonly Result[]): string => {
  const seeds = new Set(results.map(({ seed }) => seed)).size;
  const last = results.at(-1)?.seen ?? 'not run yet';
  return row([id, name, promise, how, `${verdict(results)} (${seeds} seeds)`, number(sum(results, 'bookings')), last]);
};

const head = (columns: readonly string[]): string[] => [row(columns), row(columns.map(() => '---'))];

const totals = (results: readonly Result[]): string[] => {
  const figures: [string, keyof Figures][] = [
    ['bookings asked for', 'bookings'],
    ['accepted', 'accepted'],
    ['sessions completed', 'completed'],
    ['requests', 'operations'],
    ['requests with an unknown outcome', 'unknown'],
    ['second copies on the wire', 'copies'],
  ];
  return [
    ...head(['all runs', 'sum']),
    row(['runs with a verdict of the checker', results.length]),
    row(['runs without a violation', results.filter(({ violations }) => violations === 0).length]),
    ...figures.map(([name, figure]) => row([name, number(sum(results, figure))])),
  ];
};

/** All results as two Markdown tables: the sums, and what was promised, done and seen for each fault. */
export const tables = (catalogue: readonly Fault[], results: readonly Result[]): string => {
  const of = Map.groupBy(results, ({ fault }) => fault);
  const ours = new Set(catalogue.map(({ id }) => id));
  const columns = ['fault', 'what happens', 'promise', 'how', 'held', 'bookings', 'seen in the last run'];
  const rows = catalogue.map((fault) => faultRow(fault, of.get(fault.id) ?? []));
  return [...totals(results.filter(({ fault }) => ours.has(fault))), '', ...head(columns), ...rows].join('\n');
};
