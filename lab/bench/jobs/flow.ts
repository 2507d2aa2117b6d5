import { freePort } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import type { Candidate } from '../harness/job.ts';
import { startScript, type Process } from '../harness/processes.ts';
import type { Stage } from '../harness/stage.ts';
import type pg from 'pg';
import { emptyOutbox } from '../harness/rows.ts';
import { setTimeout as pause } from 'node:timers/promises';

/** The path of a booking: accepted over HTTP, published, consumed by sessions, and their events published. */
const parts = {
  api: { service: 'bookings', role: 'bookings api', script: 'floor/accept.ts' },
  relay: { service: 'bookings', role: 'bookings relay', script: 'floor/relay.ts' },
  consumer: { service: 'sessions', role: 'sessions consumer', script: 'floor/consumer.ts' },
  sessionsRelay: { service: 'sessions', role: 'sessions relay', script: 'floor/relay.ts' },
} as const;

export type Part = keyof typeof parts;
export type Started = Process & { readonly url: string };

/** Starts one part of the path as a process. */
export type Flow = Pick<Candidate, 'name' | 'kind'> & {
  readonly start: (stage: Stage, part: Part) => Promise<Started>;
};

/** `node lab/bench/<script>` in place of a role of this service. */
export const startFloor = async (
  { stack }: Stage,
  service: 'bookings' | 'sessions',
  script: string,
): Promise<Started> => {
  const port = String(await freePort());
  const variables = { ...serviceEnvironment({ ...stack[service], auth: stack.auth }), PORT: port };
  return { ...(await startScript(script, variables)), url: `http://127.0.0.1:${port}` };
};

const floor: Flow = {
  name: 'floor',
  kind: 'floor',
  start: (stage, part) => startFloor(stage, parts[part].service, parts[part].script),
};

const ours: Flow = {
  name: 'mentor-sessions',
  kind: 'ours',
  start: (stage, part) => stage.start(parts[part].role),
};

export const flows: readonly Flow[] = [floor, ours];

/** Empties the sessions database and the queue. */
export const emptySessions = async ({ sessions, purge }: Stage): Promise<void> => {
  await sessions.query('truncate sessions, session_transitions, accepted_bookings, inbox cascade');
  await emptyOutbox(sessions);
  await purge();
};

export const countSessions = async (sessions: pg.Pool): Promise<number> =>
  (await sessions.query<{ count: number }>('select count(*)::integer as count from sessions')).rows[0]?.count ?? 0;

const EVERY_MS = 1;
const WITHIN_MS = 30_000;

/** Polls every millisecond for the sessions of these bookings and records when (performance.now) each first existed. */
export const watchSessions = (sessions: pg.Pool) => {
  const expected = new Set<string>();
  const seenAt = new Map<string, number>();
  let watching: Promise<void> | undefined;
  const watch = async (): Promise<void> => {
    const deadline = performance.now() + WITHIN_MS;
    while (expected.size > 0) {
      const { rows } = await sessions.query<{ booking_id: string }>({
        name: 'seen',
        text: 'select booking_id from sessions where booking_id = any($1::uuid[])',
        values: [[...expected]],
      });
      const now = performance.now();
      for (const { booking_id: id } of rows) {
        seenAt.set(id, now);
        expected.delete(id);
      }
      if (now > deadline) throw new Error(`${expected.size} sessions never came`);
      await pause(EVERY_MS);
    }
    watching = undefined;
  };
  return {
    expect: (bookingId: string): void => {
      expected.add(bookingId);
      watching ??= watch();
    },
    /** Resolves when all of them exist. */
    all: async (): Promise<ReadonlyMap<string, number>> => {
      await watching;
      return seenAt;
    },
  };
};
