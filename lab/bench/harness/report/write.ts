import type { Job } from '../job.ts';
import {
  figure,
  goalsTable,
  metricsTable,
  goalsOf,
  rowsOf,
  tableBesideFloor,
  type GoalReached,
  type Row,
} from './table.ts';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { Machine } from '../world.ts';
import type { Measurements } from '../rounds.ts';

const WIDTH = 760;
const LABEL = 250;
const BAR = 22;
const GAP = 12;
const TOP = 44;
const colours = { floor: '#8a8f98', ours: '#1f6feb', peer: '#c9a227' } as const;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Horizontal bars of one metric: medians, with a whisker from minimum to maximum. */
const bars = (job: Job, key: string, rows: readonly Row[]): string => {
  const shown = rows.filter((row) => row.metrics[key]);
  const most = Math.max(...shown.map((row) => row.metrics[key]?.most ?? 0));
  const scale = (value: number): number => (value / most) * (WIDTH - LABEL - 90);
  const { title, unit } = job.metrics[key] ?? { title: key, unit: '' };
  const body = shown.map((row, index) => {
    const { median, least, most: top } = row.metrics[key] as NonNullable<Row['metrics'][string]>;
    const y = TOP + index * (BAR + GAP);
    const middle = y + BAR / 2;
    return `<text x="${LABEL - 10}" y="${middle + 4}" text-anchor="end">${escape(row.name)}</text>
<rect x="${LABEL}" y="${y}" width="${scale(median).toFixed(1)}" height="${BAR}" fill="${colours[row.kind]}"/>
<line x1="${(LABEL + scale(least)).toFixed(1)}" x2="${(LABEL + scale(top)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#333"/>
<text x="${(LABEL + scale(top) + 8).toFixed(1)}" y="${middle + 4}">${figure(median)}</text>`;
  });
  return svg(TOP + shown.length * (BAR + GAP), `${job.name}: ${title}, ${unit}`, body.join('\n'));
};

const svg = (height: number, title: string, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" role="img">
<title>${escape(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="24" font-weight="bold">${escape(title)}</text>
${body}
</svg>
`;

type Kept = {
  readonly job: Pick<Job, 'name' | 'title' | 'metrics'>;
  readonly machine: Machine;
  /** Of the job as a whole. */
  readonly seconds?: number;
  readonly rows: readonly Row[];
  readonly goals: readonly GoalReached[];
  readonly samples: Measurements['candidates'];
};

const directory = join(repository, 'docs', 'benchmarks');

const chartsOf = ({ metrics }: Kept['job']): string[] => Object.keys(metrics).filter((key) => metrics[key]?.isCharted);

/** Writes a job's run as JSON and charts to docs/benchmarks, replacing the one before, and renders the page from all of them. */
export const keep = async (measurements: Measurements, machine: Machine, seconds: number): Promise<void> => {
  await record(measurements, machine, seconds);
  await writePage();
};

/** Renders the page again from the recorded rounds, with the current texts and goals. */
export const keepAgain = async (jobs: readonly Job[]): Promise<void> => {
  for (const job of jobs) {
    const text = await readFile(join(directory, `${job.name}.json`), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { machine, seconds, samples: candidates } = JSON.parse(text) as Kept;
    await record({ job, candidates }, machine, seconds);
  }
  await writePage();
};

const record = async (measurements: Measurements, machine: Machine, seconds?: number): Promise<void> => {
  const { job, candidates } = measurements;
  const { name, title, metrics } = job;
  const [rows, goals] = [rowsOf(measurements), goalsOf(measurements)];
  const kept: Kept = {
    job: { name, title, metrics },
    machine,
    ...(seconds !== undefined && { seconds }),
    rows,
    goals,
    samples: candidates,
  };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(kept, null, 1)}\n`);
  for (const key of chartsOf(job)) await writeFile(join(directory, `${name}-${key}.svg`), bars(job, key, rows));
};

/** The jobs measured on each machine. */
const machineOf = ({ processors, memory, node, servers }: Machine): string =>
  `${processors}, ${memory}, Node ${node}, ${servers.split(':')[0]}`;

const writePage = async (): Promise<void> => {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.json')).sort();
  const all = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(directory, file), 'utf8')) as Kept),
  );
  const machines = Map.groupBy(all, ({ machine }) => machineOf(machine));
  const intro = `# Benchmarks

Written by \`npm run bench\` ([how](../../lab/bench/README.md), [what it means](../performance.md)). Medians; charts and ratios also show the least and the most round. The JSON files have every round and further metrics. Below each job: date, commit and duration.

${[...machines].map(([machine, jobs]) => `- ${machines.size === 1 ? 'all' : jobs.map(({ job }) => job.name).join(', ')}: ${machine}`).join('\n')}
`;
  await writeFile(join(directory, 'README.md'), [intro, ...all.map(section)].join('\n'));
};

const section = ({ job, machine, seconds, rows, goals }: Kept): string => `## ${job.name}

${job.title}

${tables({ job, rows, goals })}

${chartsOf(job)
  .map((key) => `![${key}](${job.name}-${key}.svg)`)
  .join(' ')}

${machine.date.slice(0, 10)}, ${machine.commit}${seconds === undefined ? '' : `, ${seconds} s`}
`;

/** More goals become one line for each kind. */
const MOST_LINES = 6;

const tables = ({ job, rows, goals }: Pick<Kept, 'job' | 'rows' | 'goals'>): string =>
  goals.every(({ isToTheFloor }) => isToTheFloor) && goals.length <= MOST_LINES
    ? tableBesideFloor(job, rows, goals)
    : `${metricsTable({ metrics: charted(job) }, rows)}${goals.length > 0 ? `\n\n${goalsTable(goals)}` : ''}`;

const charted = ({ metrics }: Kept['job']): Job['metrics'] =>
  Object.fromEntries(Object.entries(metrics).filter(([, { isCharted }]) => isCharted));

/** The same on a terminal. */
export const print = (measurements: Measurements): string =>
  [metricsTable(measurements.job, rowsOf(measurements)), '', goalsTable(goalsOf(measurements))].join('\n');
