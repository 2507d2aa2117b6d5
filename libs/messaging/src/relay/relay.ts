import type { Logger } from 'pino';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sideBySide, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { loop, type Next } from '@mentor-sessions/service-kit/loop';
import { readTraceparent, traceIdOf } from '@mentor-sessions/service-kit/tracing';
import { collectGarbage } from '../broker/collect-garbage.ts';
import type { Worker } from '../operations/worker.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { createLowWaterMarks } from './low-water-marks.ts';
import { claimRows, type OutboxRow, type ParkedRow } from './outbox-rows.ts';
import { isAccepted, type RowResult } from './publish-in-order.ts';
import { createPublishedRows, relayBatch } from './relay-batch.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { WakeUp } from './wake-up.ts';

export type RelayOptions = {
  readonly database: Database;
  readonly publisher: Publisher;
  readonly wakeUp: WakeUp;
  readonly mustReachAQueue: (type: string) => boolean;
  readonly metrics: RelayMetrics;
  readonly log: Logger;
  readonly worker?: Pick<Worker, 'activity' | 'pauses'>;
} & Partial<typeof DEFAULTS>;

/** SQLSTATE of outbox_claim when low-water marks lie above the last position: positions are given out a second time. */
const POSITIONS_WENT_BACK = 'OB001';

const MiB = 1024 * 1024;
const DEFAULTS = {
  /** Rows per transaction. */
  batchSize: 500,
  /** Transactions in parallel: while one waits for its confirms, the other claims. */
  concurrency: 2,
  /** How long to rely on notifications when the outbox was empty. */
  pollMs: 2_000,
  maxBodyBytes: MiB,
  /** Minimum interval between two updates of the low-water marks. */
  raiseMarksMs: 500,
};
/** Bodies of all transactions together; each may hold one message that is larger than its share. */
const BYTES_IN_FLIGHT = 2 * MiB;
/** Parked rows of one type that are retried in one transaction; while none of them can be published, once per second. */
const RETRIES = 50;
const RETRY_EVERY_MS = 1_000;
/** Of all loops but the first: one is enough to poll for rows whose notification was lost. */
const LONG_POLL_MS = 60_000;
const BACKOFF_MS = { first: 100, longest: 1_000 };
/** Time for outstanding confirms at a stop; a broker that blocks the connection may owe them for hours. */
const STOP_WITHIN_MS = 3_000;
/** Larger batches leave garbage that is collected at once. */
const LARGE_BATCH_BYTES = MiB / 2;
const PARTITIONS_EVERY_MS = 3_600_000;

/** Publishes the rows of the outbox, with any number of replicas; the order of each aggregate's events is kept. */
export const createRelay = (options: RelayOptions): Component => {
  const relay = { ...DEFAULTS, ...options };
  const { database, publisher, wakeUp, log, worker } = relay;
  const marks = createLowWaterMarks(database, relay.raiseMarksMs);
  const publishedRows = createPublishedRows();
  /** Set until a batch was moved: rows may not be movable, and are then not published either. */
  let isInDoubt = true;
  let noRetryBefore = -Infinity;

  const limits = () => ({
    rows: relay.batchSize,
    bytes: Math.floor(BYTES_IN_FLIGHT / relay.concurrency),
    maxBodyBytes: relay.maxBodyBytes,
    retries: performance.now() < noRetryBefore ? 0 : RETRIES,
  });

  const tryBatch = async () => {
    try {
      const batch = { ...relay, limits: limits(), marks: marks.current(), publishedRows, isInDoubt };
      const done = await relayBatch(batch);
      if (done.results.size > 0) isInDoubt = false;
      return done;
    } catch (error) {
      isInDoubt = true;
      throw error;
    }
  };

  const publishWaiting = async (): Promise<Next> => {
    const { results: byRow, parked } = await tryBatch();
    // fault point: relay.committed
    const results = [...byRow];
    if (results.reduce((sum, [{ bytes }]) => sum + bytes, 0) > LARGE_BATCH_BYTES) collectGarbage('minor');
    worker?.activity.started(results.length);
    worker?.activity.finished(results.length);
    const failed = reportBatch(results, parked, relay);
    const hasRetried = results.some(([{ attempts }, result]) => attempts > 0 && isAccepted(result));
    if (parked.length > 0 && !hasRetried) noRetryBefore = performance.now() + RETRY_EVERY_MS;
    if (failed > 0) return 'retry';
    return results.length > 0 ? 'again' : 'rest';
  };

  /** When a poll, not a notification, ended the rest: one round trip instead of three, since nearly always nothing waits. */
  const pollAndPublish = async (): Promise<Next> => {
    if ((await claimRows(database, { ...limits(), rows: 1 }, marks.current())).length === 0) return 'rest';
    wakeUp.wake(); // a notification was lost, and the other loops rest longer than this one
    return publishWaiting();
  };

  const raiseMarks = (hasPublished: boolean): Promise<void> =>
    marks
      .raise(hasPublished)
      .catch((err: unknown) => log.warn({ err }, 'low-water marks not raised; claims scan more of the index'));

  const relaying = Array.from({ length: relay.concurrency }, (_, n) =>
    loop({
      name: 'relay',
      restMs: n === 0 ? relay.pollMs : LONG_POLL_MS,
      retryMs: BACKOFF_MS,
      log,
      run: async ({ signal, isByTheClock }) => {
        await worker?.pauses.relay.whenResumed(signal);
        await publisher.whenReady(BACKOFF_MS.longest);
        if (!publisher.isReady()) return 'again';
        const next = await (isByTheClock ? pollAndPublish() : publishWaiting());
        if (next !== 'retry') await raiseMarks(next === 'again');
        return next;
      },
      onError: (err) => {
        if ((err as { code?: unknown }).code === POSITIONS_WENT_BACK) marks.forget();
        log.warn({ err }, 'outbox could not be read or moved; will retry');
      },
    }),
  );
  for (const { wake } of relaying) wakeUp.onWake(wake);

  const makingPartitions = loop({
    name: 'outbox partitions',
    restMs: PARTITIONS_EVERY_MS,
    retryMs: { first: 60_000, longest: PARTITIONS_EVERY_MS },
    log,
    run: async () => void (await database.query('select outbox_published_make_partitions(7)')),
    onError: (err) => log.warn({ err }, 'outbox partitions not made; rows go to the default partition'),
  });

  const components = sideBySide([makingPartitions, ...relaying]);
  return {
    name: 'relay',
    start: components.start,
    stop: async () => {
      const timer = setTimeout(publisher.giveUp, STOP_WITHIN_MS);
      await components.stop();
      clearTimeout(timer);
    },
  };
};

type Result = readonly [OutboxRow, RowResult];

const failures: readonly RowResult[] = ['unroutable', 'failed', 'nacked'];

/** Counts and logs the outcome of a batch; returns how many rows failed and were not parked. */
const reportBatch = (
  results: readonly Result[],
  parked: readonly ParkedRow[],
  { metrics, log }: Pick<RelayOptions, 'metrics' | 'log'>,
): number => {
  if (results.length > 0) metrics.batch(results.length);
  for (const [result, rows] of Map.groupBy(results, ([, result]) => result)) metrics.attempted(result, rows.length);
  if (log.isLevelEnabled('debug'))
    for (const [row, result] of results) log.debug(idsOf(row, result), 'publish attempted');
  const [firstParked] = parked;
  if (firstParked) {
    const { message_id: messageId, type } = firstParked.row;
    log.error({ count: parked.length, messageId, type, reason: firstParked.reason }, 'messages parked');
  }
  const parkedRows = new Set(parked.map(({ row }) => row));
  const failed = results.filter(([row, result]) => failures.includes(result) && !parkedRows.has(row));
  const [firstFailed] = failed;
  if (firstFailed) {
    const [{ message_id: messageId, type }, result] = firstFailed;
    log.error({ count: failed.length, messageId, type, result }, 'messages not published; will retry');
  }
  return failed.length;
};

const idsOf = ({ message_id, aggregate_id, type, envelope }: OutboxRow, result: RowResult) => {
  const { correlationid, traceparent } = JSON.parse(envelope ?? '{}') as {
    correlationid?: string;
    traceparent?: string;
  };
  const traceId = traceIdOf(readTraceparent(traceparent));
  return { messageId: message_id, aggregateId: aggregate_id, correlationId: correlationid, traceId, type, result };
};
