import { setTimeout as pause } from 'node:timers/promises';
import type { Act, Databases, Service } from './databases.ts';

export type Emitting = {
  readonly service: Service;
  /** Of bookings, or of sessions. */
  readonly ids: readonly string[];
  /** Default: every event that the row calls for. */
  readonly type?: string | undefined;
  /** Also what the outbox has or had. */
  readonly again: boolean;
  readonly act: Act;
  readonly patienceSeconds: number;
};

export type Emitted = {
  readonly id: string;
  /** waits: no consumer of the service has taken it yet. */
  readonly outcome: 'emitted' | 'refused' | 'failed' | 'waits';
  readonly detail: string | null;
};

const LOOK_MS = 200;

const outcomes = `select aggregate_id as id, coalesce(outcome, 'waits') as outcome, detail from emissions
  where id = any($1::bigint[]) order by id`;

/** Has the service publish events from its rows; a consumer of it does so, or they wait. */
export const emitEvents = async (databases: Databases, emitting: Emitting): Promise<Emitted[]> => {
  const { service, ids, type = null, again, act, patienceSeconds } = emitting;
  const db = databases[service];
  const requested = await db.query<{ id: string }>('select events_emit($1, $2, $3, $4, $5) as id', [
    ...[ids, type, again, act.operator, act.reason],
  ]);
  const numbers = requested.map(({ id }) => id);
  const deadline = performance.now() + patienceSeconds * 1_000;
  for (;;) {
    const emitted = await db.query<Emitted>(outcomes, [numbers]);
    if (emitted.every(({ outcome }) => outcome !== 'waits') || performance.now() > deadline) return emitted;
    await pause(LOOK_MS);
  }
};
