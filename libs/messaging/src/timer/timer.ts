import { isUnavailable, sql, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { loop, pause, type Loop, type Next } from '@mentor-sessions/service-kit/loop';
import type { Logger } from 'pino';
import type { PauseSwitch } from '../operations/worker.ts';
import { enqueue, type OutgoingEnvelope } from '../outbox/enqueue.ts';

/** An event that follows from time alone. One of the same type and offset is published once for an aggregate. */
export type TimerEvent = {
  readonly offsetSeconds: number;
  /** When it was to be published; it may be late, never early. */
  readonly dueAt: Date;
  readonly event: OutgoingEnvelope;
};

/** What was published for an aggregate before. */
export type PastEvent = { readonly type: string; readonly offsetSeconds: number };

export type Examined = {
  readonly id: string;
  readonly events: readonly TimerEvent[];
  /** When to examine it again; null: never. */
  readonly nextAt: Date | null;
};

export type TimerOptions = {
  readonly database: Database;
  /**
   * Locks and reads the rows with these ids, skipping those that another transaction holds, and says what follows from each.
   * One that is missing from the answer is examined again soon.
   */
  readonly examine: (tx: Queryable, past: ReadonlyMap<string, readonly PastEvent[]>) => Promise<readonly Examined[]>;
  /** Called after a commit that wrote to the outbox. */
  readonly onCommitted: (published: number) => void;
  readonly pauses?: PauseSwitch;
  readonly log: Logger;
  /** How often to look when nothing was due. */
  readonly pollMs?: number;
};

const POLL_MS = 5_000;
/** Aggregates of one transaction: it holds their rows for some milliseconds. */
const BATCH = 100;
/** Between two batches the timer waits until fewer rows than that are left in the outbox, and then twice as long. */
const BACKLOG = 50;
const BACKLOG_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1_000;
/** Rows that this is counted among. Parked ones do not count, nor those behind them: they may wait for weeks. */
const LOOKED_AT = 10_000;

// skip locked: another process examines them
const claim = sql(
  'timer-claim',
  `select aggregate_id as id from timers where due_at <= now() order by due_at limit :limit for update skip locked`,
);

const findPast = sql(
  'timer-past-events',
  `select aggregate_id as id, type, offset_seconds as "offsetSeconds" from timer_events
    where aggregate_id = any(:ids::uuid[])`,
);

const record = sql(
  'timer-record-events',
  `insert into timer_events (aggregate_id, type, offset_seconds, due_at, message_id)
    select * from unnest(:ids::uuid[], :types::text[], :offsets::integer[], :dueAt::timestamptz[], :messageIds::uuid[])`,
);

const reschedule = sql(
  'timer-reschedule',
  `with examined as (select * from unnest(:ids::uuid[], :times::timestamptz[]) as examined (id, next_at)),
    ended as (delete from timers using examined where aggregate_id = id and next_at is null)
  update timers set due_at = next_at from examined where aggregate_id = id and next_at is not null`,
);

// a row that is locked, gone or refused must not stand before the others
const postpone = sql(
  'timer-postpone',
  `update timers set due_at = now() + interval '5 seconds' where aggregate_id = any(:ids::uuid[])`,
);

// in a sub-select with a limit, so that each row behind a parked one is found by the index of parked rows
const isBacklog = sql(
  'timer-outbox-backlog',
  `select count(*) = ${BACKLOG} as "isFull" from (
    select from (select aggregate_id, position, parked_at from outbox limit ${LOOKED_AT}) as looked_at
    where parked_at is null and (
      select true from outbox parked where parked.aggregate_id = looked_at.aggregate_id
        and parked.position < looked_at.position and parked.parked_at is not null limit 1) is null
    limit ${BACKLOG}) as waiting`,
);

/**
 * Publishes events that follow from time alone, by the clock of the database and through the outbox. Any number of replicas
 * may run it: a row of `timer_events`, written in the same transaction, makes each event unique.
 */
export const createTimer = (options: TimerOptions): Loop => {
  const { database, examine, onCommitted, pauses, log, pollMs = POLL_MS } = options;

  // After a batch that was refused, its rows are examined one by one: one bad row must not hold up the others.
  let alone = 0;
  const runBatch = async (): Promise<Batch | 'refused'> => {
    const limit = alone > 0 ? 1 : BATCH;
    alone = Math.max(0, alone - 1);
    let ids: string[] = [];
    try {
      return await database.transaction(async (tx) => {
        ids = (await tx.query<{ id: string }>(claim, { limit })).map(({ id }) => id);
        return examineBatch(tx, ids, examine);
      });
    } catch (error) {
      if (isUnavailable(error) || ids.length === 0) throw error;
      if (ids.length === 1) {
        log.warn({ err: error, ids }, 'timer row failed; will retry');
        await database.query(postpone, { ids });
      } else alone = ids.length;
      return 'refused';
    }
  };

  const isOutboxFull = async () => (await database.query<{ isFull: boolean }>(isBacklog))[0]?.isFull;

  /** Events of requests must not queue behind a hundred thousand of these: most of the time the relay is theirs. */
  const giveWay = async (signal: AbortSignal): Promise<void> => {
    const startedAt = performance.now();
    while ((await isOutboxFull()) && !signal.aborted) await pause(BACKLOG_PAUSE_MS, signal);
    await pause(Math.min(2 * (performance.now() - startedAt), LONGEST_PAUSE_MS), signal);
  };

  let isDraining = false;
  return loop({
    name: 'timer',
    restMs: () => pollMs * (0.5 + Math.random() / 2),
    log,
    run: async ({ signal }): Promise<Next> => {
      await pauses?.whenResumed(signal);
      if (signal.aborted) return 'rest';
      if (isDraining) await giveWay(signal);
      const batch = await runBatch();
      if (batch === 'refused') return 'retry';
      const { claimed, published } = batch;
      if (published > 0) {
        // fault point: timer.committed
        onCommitted(published);
      }
      isDraining = claimed > 0;
      return isDraining ? 'again' : 'rest';
    },
  });
};

type Batch = { readonly claimed: number; readonly published: number };

const examineBatch = async (tx: Queryable, ids: string[], examine: TimerOptions['examine']): Promise<Batch> => {
  if (ids.length === 0) return { claimed: 0, published: 0 };
  const past = Map.groupBy(await tx.query<PastEvent & { id: string }>(findPast, { ids }), ({ id }) => id);
  const examined = await examine(tx, new Map(ids.map((id) => [id, past.get(id) ?? []])));
  const due = examined.flatMap(({ id, events }) => events.map((one) => ({ id, ...one })));
  if (due.length > 0) {
    await tx.query(record, {
      ids: due.map(({ id }) => id),
      types: due.map(({ event }) => event.type),
      offsets: due.map(({ offsetSeconds }) => offsetSeconds),
      dueAt: due.map(({ dueAt }) => dueAt),
      messageIds: due.map(({ event }) => event.id),
    });
    await enqueue(
      tx,
      due.map(({ event }) => event),
    );
    // fault point: timer.written
  }
  const done = examined.map(({ id }) => id);
  await tx.query(reschedule, { ids: done, times: examined.map(({ nextAt }) => nextAt) });
  const passedOver = ids.filter((id) => !done.includes(id));
  if (passedOver.length > 0) await tx.query(postpone, { ids: passedOver });
  return { claimed: ids.length, published: due.length };
};
