import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { RoleName } from '@mentor-sessions/local-stack/system';
import type { Candidate, Job, Sample } from '../harness/job.ts';
import { cpuOf, memoryOf } from '../harness/measure/proc.ts';
import { startScript, type Process } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import { onStage, type Stage } from '../harness/stage.ts';

/** Long enough for the garbage of a start to be collected, short enough for a dozen starts in a round. */
const SETTLE_MS = 1_000;

const manifests = ['services/sessions', 'libs/service-kit', 'libs/messaging', 'libs/contracts'];
/** Served as files, not imported. */
const files = 'swagger-ui-dist';
/** Only used with exported traces, or for readable logs. */
const onDemand = ['exporter-trace-otlp-http', 'resources', 'sdk-trace'].map((name) => `@opentelemetry/${name}`);
const notImported = [files, 'pino-pretty', ...onDemand];
const isImported = (name: string): boolean => !name.startsWith('@mentor-sessions/') && !notImported.includes(name);

/** The dependencies of the services' packages. */
const librariesOfAService = async (): Promise<string[]> => {
  const all = await Promise.all(
    manifests.map(async (path) => {
      const text = await readFile(`${repository}${path}/package.json`, 'utf8');
      const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
      return Object.keys(dependencies);
    }),
  );
  return [...new Set(all.flat())].filter(isImported);
};

/** How many roles are started. */
const counts: Record<Scale, number> = { smoke: 1, quick: 3, full: 6, long: 6 };

/** APIs first: the smallest size measures only the first. */
const roles: readonly RoleName[] = [
  'bookings api',
  'bookings relay',
  'bookings consumer',
  'sessions api',
  'sessions relay',
  'sessions consumer',
];
const nameOf = (role: RoleName): string => role.replace(' ', '-');

type Start = (stage: Stage, role: RoleName) => Promise<Process>;

const round = async ({ scale }: World, stage: Stage, start: Start): Promise<Sample> => {
  const sample: Record<string, number> = {};
  for (const role of roles.slice(0, counts[scale])) {
    const began = performance.now();
    const process = await start(stage, role);
    const name = nameOf(role);
    sample[name] = performance.now() - began;
    sample[`${name}-cpu`] = cpuOf([process.pid]) / 1_000;
    await pause(SETTLE_MS);
    sample[`${name}-memory`] = memoryOf(process.pid);
    await process.stop();
  }
  return sample;
};

const candidate = (about: Pick<Candidate, 'name' | 'kind'>, start: Start): Candidate =>
  onStage(about, { round: (world, stage) => round(world, stage, start) });

const libraries = await librariesOfAService();

export const startUpJob: Job = {
  name: 'start-up',
  title: 'From the start of a process until it is ready, beside a process that only imports the same libraries.',
  metrics: Object.fromEntries(
    roles.flatMap((role) => [
      [nameOf(role), { title: role, unit: 'ms', isCharted: role.endsWith(' api') }],
      [`${nameOf(role)}-cpu`, { title: 'CPU', unit: 'ms' }],
      [`${nameOf(role)}-memory`, { title: 'memory', unit: 'MiB' }],
    ]),
  ),
  candidates: () => [
    candidate({ name: 'imports alone', kind: 'floor' }, () =>
      startScript('floor/imports.ts', { LIBRARIES: libraries.join(',') }),
    ),
    candidate({ name: 'mentor-sessions', kind: 'ours' }, (stage, role) => stage.start(role)),
  ],
  goals: roles.flatMap((role) => [
    { metric: nameOf(role), atMost: 2 },
    { metric: `${nameOf(role)}-cpu`, atMost: 2 },
    { metric: `${nameOf(role)}-memory`, atMost: 1.5 },
  ]),
};
