import type { ConsumeMessage } from 'amqplib';
import { onlyRow, present, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { loop, pause } from '@mentor-sessions/service-kit/loop';
import { readableError } from '@mentor-sessions/service-kit/readable-error';
import { classifyFailure } from '../consumer/classify-failure.ts';
import { handleBatch } from '../consumer/handle-batch.ts';
import { largestBodyOf } from '../consumer/memory-budget.ts';
import { readDelivery } from '../consumer/read-delivery.ts';
import type { SettleOptions } from '../consumer/settle.ts';
import { shortText, storeDeadLetter } from '../inbox/dead-letters.ts';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import type { Worker } from '../operations/worker.ts';
import * as rows from './replay-rows.ts';
import { deliveryOf, type Replay, type StoredMessage } from './replay-rows.ts';

type ReplayOptions<Data> = SettleOptions<Data> & {
  readonly database: Database;
  readonly worker: Pick<Worker, 'pauses' | 'replays'>;
};

const CHECK_EVERY_MS = 60_000;
const RETRY_MS = 1_000;
/** After so many tries without an outcome, the message is assumed to crash the process. */
const MAX_TRIES = 3;
/** Retries of one message that the database refuses while it handles others; then the next one follows. */
const MAX_DATABASE_RETRIES = 10;

/**
 * Handles the dead letters of a queue that an operator wants replayed, one after the other and as its consumer would:
 * validated again, through its inbox and its handler, under the same message id. The outcome is recorded in the transaction
 * of the effect, so that a crash leaves both or neither.
 */
export const createReplayRunner = <Data>(options: ReplayOptions<Data>): Component => {
  const { database, subscription, log, worker } = options;
  const queue = subscription.queue.name;
  /** Replays run one after the other: one counter is enough. */
  let databaseRetries = { id: '', count: 0 };

  const replayNext = (signal: AbortSignal): Promise<boolean> =>
    database.transaction(async (tx) => {
      const { got } = onlyRow(await tx.query<{ got: boolean }>(rows.lock, [queue]), rows.lock.name);
      const [replay] = present(got, rows.lock.name) ? await tx.query<Replay>(rows.next, [queue]) : [];
      if (!replay) return false;
      if (replay.tries >= MAX_TRIES) {
        const detail = `tried ${replay.tries} times without an outcome: it may have crashed the process`;
        await database.query(rows.finish, [replay.id, 'dead', detail]);
      } else {
        await database.query(rows.count, [replay.id]); // before its body is read
        await replayOne(replay, options).catch((error: unknown) => onError(replay, error, signal));
      }
      return true;
    });

  /** The process survived, so the try is uncounted, as soon as the database is available and before the next one. */
  const onError = async ({ id }: Replay, error: unknown, signal: AbortSignal): Promise<void> => {
    if (!(error instanceof DatabaseUnavailable)) {
      databaseRetries = { id, count: databaseRetries.id === id ? databaseRetries.count + 1 : 1 };
      if (databaseRetries.count > MAX_DATABASE_RETRIES)
        return void (await database.query(rows.finish, [id, 'dead', shortText(error)]));
    }
    const tryUncount = () => database.query(rows.uncount, [id]).catch(() => null);
    while (!signal.aborted && !(await tryUncount())) await pause(RETRY_MS, signal);
    throw error;
  };

  const runner = loop({
    name: `replay for ${queue}`,
    restMs: CHECK_EVERY_MS,
    retryMs: { first: RETRY_MS, longest: RETRY_MS },
    log,
    run: async ({ signal }) => {
      await worker.pauses.consumer.whenResumed(signal);
      return (await replayNext(signal)) ? 'again' : 'rest';
    },
    onError: (err) => log.warn({ err, queue }, 'replay failed; will retry'),
  });
  worker.replays.onWake(runner.wake);
  return runner;
};

class Withdrawn extends Error {}

/** `body` is null: larger than requested. */
type Row = Omit<StoredMessage, 'body'> & { readonly body: Buffer | null; readonly bytes: number };

/** Throws what the database causes. */
const replayOne = async <Data>(replay: Replay, options: ReplayOptions<Data>): Promise<void> => {
  const { database, subscription } = options;
  const largest = largestBodyOf(subscription);
  const row = onlyRow(await database.query<Row>(rows.read, [replay.deadLetterId, largest]), rows.read.name);
  const { body, bytes } = row;
  if (!body) {
    const detail = `too-large: ${bytes} bytes; the limit is ${largest}`;
    return void (await database.query(rows.finish, [replay.id, 'dead', detail]));
  }
  const delivery = deliveryOf({ ...row, body });
  const read = readDelivery(delivery, subscription);
  const stored = { ...replay, delivery };
  if (!read.isValid) return deadLetterAgain(stored, read, options);
  try {
    await handleOnce(stored, read.message, options);
  } catch (error) {
    if (error instanceof Withdrawn) return;
    const cause = await classifyFailure(error, { options, type: read.message.type, othersSucceeded: false });
    if (cause === 'database') throw error;
    await deadLetterAgain(stored, { reason: 'handler-failed', detail: readableError(error) }, options);
  }
};

type StoredReplay = Replay & { readonly delivery: ConsumeMessage };

const handleOnce = async <Data>(
  replay: StoredReplay,
  message: Message<Data>,
  options: ReplayOptions<Data>,
): Promise<void> => {
  const { database, subscription, metrics, onCommitted, log } = options;
  const recording: Subscription<Data> = {
    ...subscription,
    handle: async (tx, messages) => {
      await subscription.handle(tx, messages);
      // fault point: replay.handled
      await resolve(tx, replay, 'handled');
    },
  };
  const { handled, duplicates, rejections } = await handleBatch(database, recording, [message]);
  // fault point: replay.committed
  const [rejection] = rejections;
  if (rejection) return deadLetterAgain(replay, rejection, options);
  if (duplicates.length > 0) await resolve(database, replay, 'duplicate');
  if (handled.length > 0) onCommitted?.(handled.length);
  handled.forEach(metrics.handled);
  metrics.duplicates(duplicates.length);
  const outcome = handled.length > 0 ? 'handled' : 'duplicate';
  log.info({ messageId: message.id, deadLetterId: replay.deadLetterId, outcome }, 'dead letter replayed');
};

const resolve = async (db: Queryable, { id }: Replay, outcome: 'handled' | 'duplicate'): Promise<void> => {
  const resolved = await db.query(rows.finishAndResolve, [id, outcome, null]);
  if (resolved.length === 0) throw new Withdrawn();
};

/** For the same reason as before: the dead letter stays open. For another reason: it is resolved, and a new one stored. */
const deadLetterAgain = async <Data>(
  { id, deadLetterId, delivery }: StoredReplay,
  { reason, detail }: { readonly reason: string; readonly detail: string },
  { database, subscription, metrics, log }: ReplayOptions<Data>,
): Promise<void> => {
  const queue = subscription.queue.name;
  const attempts = reason === 'handler-failed' ? 1 : 0;
  const stored = await database.transaction(async (tx) => {
    const letter = await storeDeadLetter(tx, { delivery, queue, reason, detail, attempts });
    const ending = letter.id === deadLetterId ? rows.finish : rows.finishAndResolve;
    await tx.query(ending, [id, 'dead', shortText(`${reason}: ${detail}`)]);
    return letter;
  });
  metrics.dead(reason);
  log.error({ deadLetterId: stored.id, queue, reason }, 'replayed message dead-lettered again');
};
