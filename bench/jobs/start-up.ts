import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { repository } from '@mentor-sessions/local-stack/migrations';
import type { Candidate, Job, Sample } from '../harness/job.ts';
import { memoryOf } from '../harness/measure/proc.ts';
import { startRole, startScript, type Process } from '../harness/processes.ts';
import { openStage, type Stage } from '../harness/stage.ts';
import { roles } from './roles/ours.ts';

/** Long enough for what a start leaves behind to be collected, and short enough for eleven of them in a round. */
const SETTLE_MS = 1_000;

const manifests = ['services/sessions', 'libs/service-kit', 'libs/messaging', 'libs/contracts'];
/** No code to import: its files are served. */
const isCode = (name: string): boolean => !name.startsWith('@mentor-sessions/') && name !== 'swagger-ui-dist';

/** What the packages that a service is made of depend on. */
const librariesOfAService = async (): Promise<string[]> => {
  const all = await Promise.all(
    manifests.map(async (path) => {
      const text = await readFile(`${repository}${path}/package.json`, 'utf8');
      const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
      return Object.keys(dependencies);
    }),
  );
  return [...new Set(all.flat())].filter(isCode);
};

type Start = (stage: Stage, role: (typeof roles)[number]) => Promise<Process>;

const candidate = (about: Pick<Candidate, 'name' | 'kind'>, start: Start): Candidate => ({
  ...about,
  setUp: async ({ scale }) => {
    const measured = scale === 'smoke' ? roles.slice(0, 1) : roles;
    const stage = await openStage();
    const round = async (): Promise<Sample> => {
      const sample: Record<string, number> = {};
      for (const role of measured) {
        const began = performance.now();
        const process = await start(stage, role);
        sample[`${role.service}-${role.role}`] = performance.now() - began;
        await pause(SETTLE_MS);
        sample[`${role.service}-${role.role}-memory`] = memoryOf(process.pid);
        await process.stop();
      }
      return sample;
    };
    return { round, tearDown: stage.close };
  },
});

const libraries = await librariesOfAService();

export const startUpJob: Job = {
  name: 'start-up',
  title: `From the start of a process until it is ready, and its memory a second later; beside it a process that only imports the same libraries (${libraries.join(', ')}).`,
  metrics: Object.fromEntries(
    roles.flatMap(({ service, role }) => [
      [`${service}-${role}`, { title: `${service} ${role}`, unit: 'ms', isCharted: role === 'api' }],
      [`${service}-${role}-memory`, { title: 'memory', unit: 'MiB' }],
    ]),
  ),
  candidates: () => [
    candidate({ name: 'imports alone', kind: 'floor' }, () =>
      startScript('floor/imports.ts', { LIBRARIES: libraries.join(',') }),
    ),
    candidate({ name: 'mentor-sessions', kind: 'ours' }, ({ stack }, { service, role }) =>
      startRole(stack, service, role),
    ),
  ],
  goals: roles.flatMap(({ service, role }) => [
    { metric: `${service}-${role}`, atMost: 2 },
    { metric: `${service}-${role}-memory`, atMost: 1.5 },
  ]),
};
