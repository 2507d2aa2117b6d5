import {
  complete,
  isUnavailable,
  type Database,
  type Queryable,
  type Statement,
} from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { loop } from '@mentor-sessions/service-kit/loop';
import { readableError } from '@mentor-sessions/service-kit/readable-error';
import type { Worker } from '../operations/worker.ts';
import { enqueue, type OutgoingEnvelope } from './enqueue.ts';

/** An operator's request to publish events of one aggregate from its row. */
type Emission = {
  readonly id: string;
  readonly aggregateId: string;
  /** Null: every event that follows from the row. */
  readonly type: string | null;
  /** Also events that are or were in the outbox. */
  readonly again: boolean;
};

/** An event of the aggregate that is or was in the outbox. */
type KnownEvent = {
  readonly type: string;
  readonly messageId: string;
  /** Null: not yet published. */
  readonly publishedAt: Date | null;
};

// skip locked: another process may be working on the one before
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

// one statement, one snapshot: a row that is being moved to outbox_published is found in one of the two
const known: Statement = {
  name: 'emission-known-events',
  text: `select type, message_id as "messageId", null::timestamptz as "publishedAt" from outbox where aggregate_id = $1
    union all select type, message_id, published_at from outbox_published where aggregate_id = $1`,
};

const copy: Statement = {
  name: 'emission-copy-published',
  text: `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, aggregate_id, sequence, type, lane, envelope from outbox_published
    where aggregate_id = $1 and message_id = $2 limit 1`,
};

type Outcome = { readonly outcome: 'emitted' | 'refused' | 'failed'; readonly detail: string };

/**
 * All events that follow from the row of this aggregate, by sequence, with their original message ids where the row has
 * them. None: there is no such row, or no published event follows from it.
 */
export type EventsOf = (tx: Queryable, aggregateId: string) => Promise<readonly OutgoingEnvelope[]>;

type Options = {
  readonly database: Database;
  readonly eventsOf: EventsOf;
  readonly onCommitted: () => void;
  readonly worker: Pick<Worker, 'emissions'>;
  readonly log: Logger;
};

const CHECK_EVERY_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Carries out operators' requests to publish an event from its row: with the service's own code and through the outbox, so
 * that order and sequence hold as for any other event. An event that is or was in the outbox is skipped unless the request
 * says `again`.
 */
export const createEmissionRunner = ({ database, eventsOf, onCommitted, worker, log }: Options): Component => {
  const runner = loop({
    name: 'event emission',
    restMs: CHECK_EVERY_MS,
    retryMs: { first: RETRY_MS, longest: RETRY_MS },
    log,
    run: async () => {
      const done = await database.transaction(async (tx) => {
        const [row] = await tx.query<Emission>(next);
        if (!row) return undefined;
        const emission = complete(row, ['id', 'aggregateId', 'again'], 'emissions');
        return { aggregateId: emission.aggregateId, ...(await carryOut(tx, emission, eventsOf)) };
      });
      if (!done) return 'rest';
      log.info(done, 'event emission done');
      if (done.outcome === 'emitted') onCommitted();
      return 'again';
    },
  });
  worker.emissions.onWake(runner.wake);
  return runner;
};

const carryOut = async (tx: Queryable, emission: Emission, eventsOf: EventsOf): Promise<Outcome> => {
  const { id, aggregateId } = emission;
  const due = await eventsOf(tx, aggregateId).catch((error: unknown) => {
    if (isUnavailable(error) || hasFailedInDatabase(error)) throw error;
    return readableError(error); // the row itself: a retry would not help
  });
  const outcome: Outcome = typeof due === 'string' ? { outcome: 'failed', detail: due } : await emit(tx, emission, due);
  await tx.query(finish, [id, outcome.outcome, outcome.detail.slice(0, 2_000)]);
  return outcome;
};

/** An error with an SQLSTATE has aborted the transaction: nothing can be recorded in it. */
const hasFailedInDatabase = (error: unknown): boolean => typeof (error as { code?: unknown }).code === 'string';

const emit = async (
  tx: Queryable,
  { aggregateId, type, again }: Emission,
  due: readonly OutgoingEnvelope[],
): Promise<Outcome> => {
  const wanted = due.filter((event) => type === null || event.type === type);
  if (wanted.length === 0) return { outcome: 'refused', detail: notDue(type, due) };
  const rows = await tx.query<KnownEvent>(known, [aggregateId]);
  const before = rows.map((row) => complete(row, ['type', 'messageId'], 'outbox'));
  const details: string[] = [];
  let count = 0;
  for (const event of wanted) {
    // not by sequence: an event that follows from time alone has that of the last change
    const same = before.filter((one) => one.type === event.type);
    const [first] = same;
    if (same.some(({ publishedAt }) => publishedAt === null)) {
      details.push(`${event.type} is waiting in the outbox`);
    } else if (first && !again) {
      details.push(`${event.type} was published at ${first.publishedAt?.toISOString()}`);
    } else {
      if (first)
        await tx.query(copy, [aggregateId, first.messageId]); // byte for byte, under its own id
      else await enqueue(tx, [event]);
      details.push(`${event.type} emitted as message ${first?.messageId ?? event.id}`);
      count += 1;
    }
  }
  return { outcome: count > 0 ? 'emitted' : 'refused', detail: details.join('; ') };
};

const notDue = (type: string | null, due: readonly OutgoingEnvelope[]): string =>
  due.length === 0
    ? 'row not found, or no published event follows from it'
    : `${type} does not follow from the row; these do: ${due.map((event) => event.type).join(', ')}`;
