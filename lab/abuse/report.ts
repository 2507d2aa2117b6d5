import { readFile, writeFile } from 'node:fs/promises';
import { currentCommit, markdownTable, writeGeneratedPart } from '@mentor-sessions/lab/generated-part';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import type { Verdict } from './part.ts';
import { parts } from './parts.ts';
import type { Result } from './run-parts.ts';

const file = new URL('./results.json', import.meta.url);
const page = new URL('./results.md', import.meta.url);

/** Of the last run of a part. `run`: date, commit and versions. */
type Recorded = { readonly run: string; readonly verdicts: readonly Verdict[] };
type AllRecorded = Readonly<Record<string, Recorded>>;

const thisRun = (): string => {
  const { versions } = testBacking();
  const at = new Date().toISOString().slice(0, 10);
  return `${at}, ${currentCommit()}, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}`;
};

/** The name of a part stands in its first row. */
const rowsOf = (part: string, { verdicts }: Recorded): string[][] =>
  verdicts.map(({ check, seen, faults }, n) => {
    const broken = faults.length === 0 ? '' : ` **broken**: ${faults.join('; ').slice(0, 300)}`;
    return [n === 0 ? part : '', check, seen + broken];
  });

const pageOf = (recorded: AllRecorded): string => {
  const names = parts.map(({ name }) => name);
  const done = names.flatMap((name) => (recorded[name] ? [[name, recorded[name]] as const] : []));
  const missing = names.filter((name) => !recorded[name]);
  const runs = [...Map.groupBy(done, ([, { run }]) => run)].map(
    ([run, of]) => `${run}: ${of.map(([name]) => name).join(', ')}.`,
  );
  const notRun = missing.length === 0 ? [] : [`Not recorded yet: ${missing.join(', ')}.`];
  const rows = done.flatMap(([name, one]) => rowsOf(name, one));
  return `${[...runs, ...notRun].join(' ')}\n\n${markdownTable(['', 'check', 'seen'], rows)}`;
};

/** Updates lab/abuse/results.md for the parts that were run. */
export const recordResults = async (results: readonly Result[]): Promise<void> => {
  const before = JSON.parse(await readFile(file, 'utf8')) as AllRecorded;
  const run = thisRun();
  const now = Object.fromEntries(results.map(({ part, verdicts }) => [part, { run, verdicts }]));
  const recorded = { ...before, ...now };
  await writeFile(file, `${JSON.stringify(recorded, null, 2)}\n`);
  await writeGeneratedPart(page, 'npm run abuse', pageOf(recorded));
};
