import { appendFile, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { currentCommit, markdownTable, writeGeneratedPart } from '@mentor-sessions/lab/generated-part';
import type { Figures, Run } from './run-fault.ts';
import type { Fault } from './fault.ts';
import { catalogue } from './catalogue.ts';

const file = fileURLToPath(new URL('../../docs/faults/results.jsonl', import.meta.url));

/** One line of the file with the results of all runs. */
export type Result = Pick<Run, 'fault' | 'seed' | 'seen' | 'seconds'> & {
  readonly at: string;
  readonly commit: string;
  readonly servers: string;
  readonly violations: number;
  readonly figures: Figures;
};

/** `servers`: kind and versions of PostgreSQL and RabbitMQ. */
export const recordRun = async ({ violations, ...run }: Run, servers: string): Promise<void> => {
  const { fault, seed, seen, seconds, figures } = run;
  const about = { at: new Date().toISOString().slice(0, 16), commit: currentCommit(), servers };
  const result: Result = { ...about, fault, seed, seconds, violations: violations.length, figures, seen };
  await appendFile(file, `${JSON.stringify(result)}\n`);
};

export const readResults = async (): Promise<Result[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result);
};

const sum = (results: readonly Result[], figure: keyof Figures): number =>
  results.reduce((total, { figures }) => total + figures[figure], 0);
const number = (value: number): string => value.toLocaleString('en');

const withViolation = (results: readonly Result[]): number => results.filter(({ violations }) => violations > 0).length;

/** `1/12`: one of twelve runs; nothing if all held. */
const broken = (results: readonly Result[]): string =>
  withViolation(results) === 0 ? '' : `${withViolation(results)}/${results.length}`;

const numberOf = ({ id }: Pick<Fault, 'id'>): string => id.split(' ')[0] ?? id;

const hasAFigure = (promise: string): boolean => /\d (s\b|%|MiB|blocks)/.test(promise);

const figuresIn = ({ promise }: Fault): string => promise.split('; ').filter(hasAFigure).join('; ');

/** `cut: connection lost …`: the case `F1 cut`. The figures of a promise follow the last case that makes it. */
const sayCase = (fault: Fault, at: number, cases: readonly Fault[]): string => {
  const { id, name } = fault;
  const [, ...variant] = id.split(' ');
  const next = cases[at + 1];
  const figures = figuresIn(fault);
  const said = figures === '' || (next && figuresIn(next) === figures) ? '' : ` (${figures})`;
  return `${variant.length === 0 ? '' : `*${variant.join(' ')}*: `}${name}${said}`;
};

/** All cases of a number in one line, with their promises. */
const rowOf = (number: string, cases: readonly Fault[], results: Map<string, Result[]>): string[] => {
  const never = cases.filter(({ id }) => !results.has(id)).map(({ id }) => `${id}: not run yet`);
  const all = cases.flatMap(({ id }) => results.get(id) ?? []);
  return [number, cases.map(sayCase).join('; '), [broken(all), ...never].filter(Boolean).join(', ')];
};

const totals = (results: readonly Result[]): string => {
  const good = results.length - withViolation(results);
  const of = (figure: keyof Figures): string => number(sum(results, figure));
  return (
    `${good} of ${results.length} runs without a violation; ${of('bookings')} bookings, ${of('accepted')} accepted, ` +
    `${of('completed')} sessions completed, ${of('operations')} requests (${of('unknown')} with an unknown outcome), ` +
    `${of('copies')} duplicates on the wire.`
  );
};

/** The sums of all results, and a table of the faults: what they do, what must hold, and how many runs had violations. */
const tables = (catalogue: readonly Fault[], results: readonly Result[]): string => {
  const of = Map.groupBy(results, ({ fault }) => fault);
  const ours = new Set(catalogue.map(({ id }) => id));
  const rows = [...Map.groupBy(catalogue, numberOf)].map(([number, cases]) => rowOf(number, cases, of));
  const total = totals(results.filter(({ fault }) => ours.has(fault)));
  return `${total}\n\n${markdownTable(['', 'harm', 'violations'], rows)}`;
};

const page = new URL('../../docs/faults.md', import.meta.url);

/** Updates the tables of docs/faults.md with all results so far. */
export const rewritePage = async (): Promise<void> => {
  await writeGeneratedPart(page, 'npm run faults', tables(catalogue, await readResults()));
};
