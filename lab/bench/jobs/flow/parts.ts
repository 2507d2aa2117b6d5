import { freePort } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import type { Candidate } from '../../harness/job.ts';
import { startScript, type Process } from '../../harness/processes.ts';
import type { Stage } from '../../harness/stage.ts';

/** The way of one booking: accepted over HTTP, out to the broker, into the sessions, and their events out again. */
const parts = {
  api: { service: 'bookings', role: 'bookings api', script: 'floor/accept.ts' },
  relay: { service: 'bookings', role: 'bookings relay', script: 'floor/relay.ts' },
  consumer: { service: 'sessions', role: 'sessions consumer', script: 'floor/consumer.ts' },
  sessionsRelay: { service: 'sessions', role: 'sessions relay', script: 'floor/relay.ts' },
} as const;

export type Part = keyof typeof parts;
export type Started = Process & { readonly url: string };

/** Starts one part of the way as a process of its own. */
export type Flow = Pick<Candidate, 'name' | 'kind'> & {
  readonly start: (stage: Stage, part: Part) => Promise<Started>;
};

const floor: Flow = {
  name: 'floor',
  kind: 'floor',
  start: async ({ stack }, part) => {
    const { service, script } = parts[part];
    const port = String(await freePort());
    const variables = { ...serviceEnvironment({ ...stack[service], auth: stack.auth }), PORT: port };
    return { ...(await startScript(script, variables)), url: `http://127.0.0.1:${port}` };
  },
};

const ours: Flow = {
  name: 'mentor-sessions',
  kind: 'ours',
  start: (stage, part) => stage.start(parts[part].role),
};

export const flows: readonly Flow[] = [floor, ours];
