import { isUnavailable, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import type { Worker } from '../operations/worker.ts';
import {
  copyPublished,
  findKnownEvents,
  finishEmission,
  nextEmission,
  type Emission,
  type KnownEvent,
  type Outcome,
} from './emission-rows.ts';
import { enqueue, type OutgoingEnvelope } from './enqueue.ts';

/**
 * All events that the row of this aggregate calls for, in the order of their sequence, with the message id of then where
 * the row has it; none: there is no such row, or nothing has happened to it that is published.
 */
export type EventsOf = (tx: Queryable, aggregateId: string) => Promise<readonly OutgoingEnvelope[]>;

export type EmittingOptions = {
  readonly database: Database;
  readonly eventsOf: EventsOf;
  /** After a commit that put something into the outbox. */
  readonly onEmitted: () => void;
  readonly worker: Pick<Worker, 'requests'>;
  readonly log: Logger;
};

const SLOW_LOOK_MS = 60_000;
const TROUBLE_PAUSE_MS = 1_000;

/**
 * Carries out operators' requests to publish an event from its row: with the service's own code, through the outbox, so
 * that order and sequence hold as for any other event. An event that the outbox has or had is left alone, unless asked for.
 */
export const createEmitting = ({ database, eventsOf, onEmitted, worker, log }: EmittingOptions): Component => {
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
      const seen = worker.requests.count();
      const outcome = await emitNext().catch((err: unknown) => {
        log.warn({ err }, 'event emission failed; will retry');
        return 'trouble' as const;
      });
      if (outcome === true || signal.aborted) continue;
      await worker.requests.changedSince(seen, outcome === 'trouble' ? TROUBLE_PAUSE_MS : SLOW_LOOK_MS);
    }
  };

  return {
    name: 'emitting',
    start: async () => {
      running = run();
    },
    stop: async () => {
      stop.abort();
      worker.requests.wake();
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
