import type { Fault } from '../fault.ts';
import type { Figures } from '../run-fault.ts';
import type { Result } from './results.ts';

const cell = (text: string | number): string => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly (string | number)[]): string => `| ${cells.map(cell).join(' | ')} |`;
const sum = (results: readonly Result[], figure: keyof Figures): number =>
  results.reduce((total, { figures }) => total + figures[figure], 0);
const number = (value: number): string => value.toLocaleString('en');

const held = (results: readonly Result[]): string => {
  if (results.length === 0) return 'not run yet';
  const good = results.filter(({ violations }) => violations === 0).length;
  const text = `${good}/${results.length}`;
  return good === results.length ? text : `**${text}**`;
};

const faultRow = ({ id, name, promise }: Fault, results: readonly Result[]): string =>
  row([id, name, promise, held(results)]);

const head = (columns: readonly string[]): string[] => [row(columns), row(columns.map(() => '---'))];

const totals = (results: readonly Result[]): string => {
  const good = results.filter(({ violations }) => violations === 0).length;
  const of = (figure: keyof Figures): string => number(sum(results, figure));
  return (
    `${good} of ${results.length} runs without a violation; ${of('bookings')} bookings, ${of('accepted')} accepted, ` +
    `${of('completed')} sessions completed, ${of('operations')} requests (${of('unknown')} with an unknown outcome), ` +
    `${of('copies')} duplicates on the wire.`
  );
};

/** The sums of all results, and a table of what each fault does, what must hold, and in how many runs it held. */
export const tables = (catalogue: readonly Fault[], results: readonly Result[]): string => {
  const of = Map.groupBy(results, ({ fault }) => fault);
  const ours = new Set(catalogue.map(({ id }) => id));
  const rows = catalogue.map((fault) => faultRow(fault, of.get(fault.id) ?? []));
  const table = [...head(['fault', 'harm', 'promise', 'held']), ...rows];
  return [totals(results.filter(({ fault }) => ours.has(fault))), '', ...table].join('\n');
};
