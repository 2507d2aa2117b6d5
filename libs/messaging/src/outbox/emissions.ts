import {
  complete,
  type Queryable,
  type Statement,
  isUnavailable,
  type Database,
} from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import type { Worker } from '../operations/worker.ts';
import { enqueue, type OutgoingEnvelope } from './enqueue.ts';

/** An operator's request to publish events of one aggregate from its row. */
type Emission = {
  readonly id: string;
  readonly aggregateId: string;
  /** Null: every event that the row calls for. */
  readonly type: string | null;
  /** Also those that the outbox has or had. */
  readonly again: boolean;
};

/** What the outbox has or had of an aggregate. */
type KnownEvent = {
  readonly sequence: number;
  readonly messageId: string;
  /** Null: it waits in the outbox. */
  readonly publishedAt: Date | null;
};

// skip locked: another process may be at the one before
const next: Statement = {
  name: 'emission-next',
  text: `select id, aggregate_id as "aggregateId", type, again from emissions where finished_at is null
    order by id limit 1 for update skip locked`,
};

const finish: Statement = {
  name: 'emission-finish',
  text: `update emissions set finished_at = date_trunc('milliseconds', clock_timestamp()), outcome = $2, detail = $3
    where id = $1 and finished_at is null`,
};

// one statement, one snapshot: a row that is moved to outbox_published meanwhile is seen in one of the two
const known: Statement = {
  name: 'emission-known-events',
  text: `select sequence, message_id as "messageId", null::timestamptz as "publishedAt" from outbox where aggregate_id = $1
    union all select sequence, message_id, published_at from outbox_published where aggregate_id = $1`,
};

const copy: Statement = {
  name: 'emission-copy-published',
  text: `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, aggregate_id, sequence, type, lane, envelope from outbox_published
    where aggregate_id = $1 and message_id = $2 limit 1`,
};

const nextEmission = async (tx: Queryable): Promise<Emission | undefined> => {
  const [row] = await tx.query<Emission>(next);
  return row && complete(row, ['id', 'aggregateId', 'again'], 'emissions');
};

type Outcome = { readonly outcome: 'emitted' | 'refused' | 'failed'; readonly detail: string };

const finishEmission = async (db: Queryable, id: string, { outcome, detail }: Outcome): Promise<void> =>
  void (await db.query(finish, [id, outcome, detail.slice(0, 2_000)]));

const findKnownEvents = async (tx: Queryable, aggregateId: string): Promise<KnownEvent[]> => {
  const rows = await tx.query<KnownEvent>(known, [aggregateId]);
  return rows.map((row) => complete(row, ['sequence', 'messageId'], 'outbox'));
};

/** Puts a published event into the outbox again, byte for byte and under its own id. */
const copyPublished = async (tx: Queryable, aggregateId: string, messageId: string): Promise<void> =>
  void (await tx.query(copy, [aggregateId, messageId]));

/**
 * All events that the row of this aggregate calls for, in the order of their sequence, with the message id of then where
 * the row has it; none: there is no such row, or nothing has happened to it that is published.
 */
export type EventsOf = (tx: Queryable, aggregateId: string) => Promise<readonly OutgoingEnvelope[]>;

type EmissionRunnerOptions = {
  readonly database: Database;
  readonly eventsOf: EventsOf;
  /** After a commit that put something into the outbox. */
  readonly onCommitted: () => void;
  readonly worker: Pick<Worker, 'emissions'>;
  readonly log: Logger;
};

const SLOW_LOOK_MS = 60_000;
const TROUBLE_PAUSE_MS = 1_000;

/**
 * Carries out operators' requests to publish an event from its row: with the service's own code, through the outbox, so
 * that order and sequence hold as for any other event. An event that the outbox has or had is left alone, unless asked for.
 */
export const createEmissionRunner = ({
  database,
  eventsOf,
  onCommitted: onEmitted,
  worker,
  log,
}: EmissionRunnerOptions): Component => {
  const stop = new AbortController();
  const { signal } = stop;
  let running: Promise<void> = Promise.resolve();

  const emitNext = async (): Promise<boolean> => {
    const done = await database.transaction(async (tx) => {
      const emission = await nextEmission(tx);
      return emission && { emission, ...(await carryOut(tx, emission, eventsOf)) };
    });
    if (!done) return false;
    log.info(
      { aggregateId: done.emission.aggregateId, outcome: done.outcome, detail: done.detail },
      'event emission done',
    );
    if (done.outcome === 'emitted') onEmitted();
    return true;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const seen = worker.emissions.count();
      const outcome = await emitNext().catch((err: unknown) => {
        log.warn({ err }, 'event emission failed; will retry');
        return 'trouble' as const;
      });
      if (outcome === true || signal.aborted) continue;
      await worker.emissions.changedSince(seen, outcome === 'trouble' ? TROUBLE_PAUSE_MS : SLOW_LOOK_MS);
    }
  };

  return {
    name: 'emitting',
    start: async () => {
      running = run();
    },
    stop: async () => {
      stop.abort();
      worker.emissions.wake();
      await running;
    },
  };
};

const carryOut = async (tx: Queryable, emission: Emission, eventsOf: EventsOf): Promise<Outcome> => {
  const { id, aggregateId } = emission;
  const made = await eventsOf(tx, aggregateId).catch((error: unknown) => {
    if (isUnavailable(error) || hasFailedInDatabase(error)) throw error;
    return { outcome: 'failed', detail: String(error) } as const; // the row itself: trying again would not help
  });
  const outcome = 'outcome' in made ? made : await emit(tx, emission, made);
  await finishEmission(tx, id, outcome);
  return outcome;
};

/** An error with an SQLSTATE has ended the transaction: nothing can be recorded in it. */
const hasFailedInDatabase = (error: unknown): boolean => typeof (error as { code?: unknown }).code === 'string';

const emit = async (
  tx: Queryable,
  { aggregateId, type, again }: Emission,
  due: readonly OutgoingEnvelope[],
): Promise<Outcome> => {
  const wanted = due.filter((event) => type === null || event.type === type);
  if (wanted.length === 0) return { outcome: 'refused', detail: notDue(type, due) };
  const known = await findKnownEvents(tx, aggregateId);
  const of = ({ sequence }: OutgoingEnvelope): KnownEvent[] => known.filter((one) => one.sequence === Number(sequence));
  const said: string[] = [];
  let count = 0;
  for (const event of wanted) {
    const before = of(event);
    const [first] = before;
    if (before.some(({ publishedAt }) => publishedAt === null)) {
      said.push(`${event.type} waits in the outbox`);
    } else if (first && !again) {
      said.push(`${event.type} was published at ${first.publishedAt?.toISOString()}`);
    } else {
      if (first) await copyPublished(tx, aggregateId, first.messageId);
      else await enqueue(tx, [event]);
      said.push(`${event.type} emitted as message ${first?.messageId ?? event.id}`);
      count += 1;
    }
  }
  return { outcome: count > 0 ? 'emitted' : 'refused', detail: said.join('; ') };
};

const notDue = (type: string | null, due: readonly OutgoingEnvelope[]): string =>
  due.length === 0
    ? 'no such row, or nothing has happened to it that is published'
    : `${type} has not happened; the row calls for ${due.map((event) => event.type).join(', ')}`;
