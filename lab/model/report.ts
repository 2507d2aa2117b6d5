import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writeGeneratedPart } from '@mentor-sessions/lab/generated-part';
import { configurations, type Configuration } from './configurations.ts';
import { modelBugs, outOfScope, type ModelBug } from './planted.ts';
import { tracePart } from './traces/page.ts';
import { findShortest, versionOfSearch, type Violation } from './spin.ts';

const file = fileURLToPath(new URL('./results.json', import.meta.url));
const traces = fileURLToPath(new URL('./traces.txt', import.meta.url));
const page = new URL('../../docs/model.md', import.meta.url);

type Figures = { readonly states: number; readonly depth: number; readonly seconds: number };
/** By `versionOfSearch` of their configuration: a model that has changed has no results. */
type Results = {
  readonly exhausted: Readonly<Record<string, Figures>>;
  readonly refused: Readonly<Record<string, Violation>>;
};

const readResults = async (): Promise<Results> =>
  JSON.parse(await readFile(file, 'utf8').catch(() => '{"exhausted":{},"refused":{}}')) as Results;

const writeResults = (results: Results): Promise<void> => writeFile(file, `${JSON.stringify(results, null, 2)}\n`);

export const keptResult = async (configuration: Configuration): Promise<Figures | undefined> =>
  (await readResults()).exhausted[await versionOfSearch(configuration)];

export const keepResult = async (version: string, figures: Figures): Promise<void> => {
  const results = await readResults();
  const exhausted = { ...results.exhausted, [version]: figures };
  await writeResults({ ...results, exhausted });
};

/** The shortest trace, which is searched for once. */
const refusalOf = async (bug: ModelBug): Promise<Violation> => {
  const version = await versionOfSearch(bug);
  const kept = (await readResults()).refused[version];
  if (kept) return kept;
  const { violation } = await findShortest(bug);
  if (!violation) throw new Error(`not refused: ${bug.name}`);
  const results = await readResults();
  await writeResults({ ...results, refused: { ...results.refused, [version]: violation } });
  return violation;
};

const number = (value: number): string => value.toLocaleString('en');
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const head = (columns: readonly string[]): string[] => [row(columns), `|${'---|'.repeat(columns.length)}`];

const configurationTable = async (): Promise<string[]> => {
  const figures = await Promise.all(configurations.map(keptResult));
  const sum = (figure: keyof Figures): number => figures.reduce((total, each) => total + (each?.[figure] ?? 0), 0);
  const rows = configurations.map(({ name }, n) => {
    const result = figures[n];
    return row([n + 1, name, result ? number(result.states) : 'not run yet']);
  });
  const minutes = Math.round(sum('seconds') / 6) / 10;
  const summary = `${number(sum('states'))} states in ${minutes} minutes; no property is violated.`;
  return [summary, '', ...head(['', 'configuration', 'states']), ...rows];
};

type Refused = { readonly bug: ModelBug; readonly violation: Violation };

/** The same bug in lab/faults/planted. */
const numbersOf = ({ as }: ModelBug): string => as.filter((name) => /^M\d+$/.test(name)).join(', ');

const aboutBugs = (): string => {
  const byReason = Map.groupBy(Object.entries(outOfScope), ([, why]) => why);
  const others = [...byReason].map(([why, bugs]) => `${bugs.map(([id]) => id).join(', ')} (${why})`);
  return [
    `Each of ${modelBugs.length} is found; the [shortest traces](../lab/model/traces.txt) name the violated properties.`,
    `Of those of the [faults](faults.md#planted-bugs), out of scope: ${others.join(', ')}.`,
  ].join(' ');
};

/** The steps of each violation, in sentences. */
const describe = ({ bug, violation: { property, trace } }: Refused): string => {
  const title = [numbersOf(bug), bug.name].filter(Boolean).join(': ');
  const steps = trace.map((sentence, n) => `${String(n + 1).padStart(4)}. ${sentence}`);
  return [title, `  violates "${property}":`, ...steps, ''].join('\n');
};

/** Results of models that are no longer as they were. */
const forgetStale = async (): Promise<void> => {
  const current = new Set(await Promise.all([...configurations, ...modelBugs].map(versionOfSearch)));
  const isCurrent = ([version]: readonly [string, unknown]): boolean => current.has(version);
  const { exhausted, refused } = await readResults();
  await writeResults({
    exhausted: Object.fromEntries(Object.entries(exhausted).filter(isCurrent)),
    refused: Object.fromEntries(Object.entries(refused).filter(isCurrent)),
  });
};

/** Brings the tables of docs/model.md and the traces up to date. */
export const rewritePage = async (): Promise<void> => {
  await forgetStale();
  const refused: Refused[] = [];
  for (const bug of modelBugs) refused.push({ bug, violation: await refusalOf(bug) });
  await writeFile(traces, refused.map(describe).join('\n'));
  const bugs = ['## Planted bugs', '', aboutBugs()];
  const made = [...(await configurationTable()), '', ...bugs, '', ...(await tracePart())].join('\n');
  await writeGeneratedPart(page, 'npm run model', made);
};
