import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from 'pino';
import type { Database } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { readTraceparent, traceIdOf } from '@mentor-sessions/service-kit/tracing';
import type { Worker } from '../operations/worker.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { createLowWaterMarks } from './low-water-marks.ts';
import { type OutboxRow, type ParkedRow, claimRows } from './outbox-rows.ts';
import { isAccepted, type RowResult } from './publish-in-order.ts';
import { createPublishedIds, relayBatch } from './relay-batch.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { WakeUp } from './wake-up.ts';

type Collect = (options: { type: 'minor' }) => void;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as Collect;

const LARGE = 512 * 1024;

/**
 * Collects the young heap behind a batch of large bodies. Each body is a string and some buffers; V8 counts the strings
 * alone, and would let 100 MiB of buffers gather before it collects: too much for a container of 256 MiB.
 */
const collectAfter = (bytes: number): void => {
  if (bytes > LARGE) collect({ type: 'minor' });
};

type Result = readonly [OutboxRow, RowResult];

const failures: readonly RowResult[] = ['unroutable', 'failed', 'nacked'];

/** Counts and logs what became of a batch; says what matters for the next one. */
const createReport =
  ({ metrics, log }: { readonly metrics: RelayMetrics; readonly log: Logger }) =>
  (results: readonly Result[], parked: readonly ParkedRow[]) => {
    const counts = Map.groupBy(results, ([, result]) => result);
    if (results.length > 0) metrics.batch(results.length);
    for (const [result, rows] of counts) metrics.attempted(result, rows.length);
    if (log.isLevelEnabled('debug'))
      for (const [row, result] of results) log.debug(idsOf(row, result), 'message tried');
    if (parked.length > 0) log.error(describeParked(parked), 'messages parked: they cannot be published now');
    const parkedRows = new Set(parked.map(({ row }) => row));
    const failed = results.filter(([row, result]) => failures.includes(result) && !parkedRows.has(row));
    if (failed.length > 0) log.error(describe(failed), 'messages not published, trying again');
    const hasRetried = results.some(([{ attempts }, result]) => attempts > 0 && isAccepted(result));
    return { failed: failed.length, isRetryUseless: parked.length > 0 && !hasRetried };
  };

const idsOf = ({ message_id, aggregate_id, type, envelope }: OutboxRow, result: RowResult) => {
  const { correlationid, traceparent } = JSON.parse(envelope ?? '{}') as {
    correlationid?: string;
    traceparent?: string;
  };
  const traceId = traceIdOf(readTraceparent(traceparent));
  return { messageId: message_id, aggregateId: aggregate_id, correlationId: correlationid, traceId, type, result };
};

const describe = (failed: readonly Result[]) => ({
  count: failed.length,
  messageId: failed[0]?.[0].message_id,
  type: failed[0]?.[0].type,
  result: failed[0]?.[1],
});

const describeParked = (parked: readonly ParkedRow[]) => ({
  count: parked.length,
  messageId: parked[0]?.row.message_id,
  type: parked[0]?.row.type,
  reason: parked[0]?.reason,
});

export type RelayOptions = {
  readonly database: Database;
  readonly publisher: Publisher;
  readonly wakeUp: WakeUp;
  readonly mustReachAQueue: (type: string) => boolean;
  readonly metrics: RelayMetrics;
  readonly log: Logger;
  /** Rows of one transaction. */
  readonly batchSize?: number;
  /** Transactions side by side: while one waits for its confirms, the other claims. */
  readonly concurrency?: number;
  /** Of the bodies that all transactions together hold; each may hold one message that is larger than its share. */
  readonly bytesInFlight?: number;
  /** How long to trust the wake-up when nothing was found (ms); one of those side by side looks, the others wait for it. */
  readonly pollMs?: number;
  readonly maxBodyBytes?: number;
  /** Least time between two looks at how far a claim need not look back (ms). */
  readonly raiseMarksMs?: number;
  /** Makes it seen by operators, and lets them pause it. */
  readonly worker?: Pick<Worker, 'activity' | 'pauses'>;
};

/** SQLSTATE of outbox_claim when low-water marks lie above the last position: positions are given out a second time. */
const POSITIONS_WENT_BACK = 'OB001';

const MiB = 1024 * 1024;
const DEFAULTS = {
  batchSize: 500,
  concurrency: 2,
  bytesInFlight: 2 * MiB,
  pollMs: 2_000,
  maxBodyBytes: MiB,
  raiseMarksMs: 500,
};
/** Of each type, as many parked rows are tried again in one transaction. */
const RETRIES = 50;
/** While none of them can be published. */
const RETRY_EVERY_MS = 1_000;
const PARTITION_UPKEEP_MS = 3_600_000;
/** Of all loops but the first: one is enough to look for what no announcement told of. */
const LONG_REST_MS = 60_000;
const PAUSE_MS = { first: 100, longest: 1_000 };
/** For confirms that are due at a stop; a broker that blocks us may owe them for hours. */
const STOP_WITHIN_MS = 3_000;

type Outcome = 'more' | 'empty' | 'trouble';

/** Publishes what the outbox holds, for ever, with any number of replicas; order is kept for each aggregate. */
export const createRelay = (options: RelayOptions): Component => {
  const relay = { ...DEFAULTS, ...options };
  const { database, publisher, wakeUp, metrics, log, worker } = relay;
  const stop = new AbortController();
  const { signal } = stop;
  let running: Promise<unknown> = Promise.resolve();

  const marks = createLowWaterMarks(database, relay.raiseMarksMs);
  const publishedIds = createPublishedIds();
  const report = createReport({ metrics, log });
  let isInDoubt = true;
  let noRetryBefore = -Infinity;
  const limits = () => ({
    rows: relay.batchSize,
    bytes: Math.floor(relay.bytesInFlight / relay.concurrency),
    maxBodyBytes: relay.maxBodyBytes,
    retries: performance.now() < noRetryBefore ? 0 : RETRIES,
  });

  const tryBatch = async () => {
    try {
      const batch = { ...relay, limits: limits(), marks: marks.current(), publishedIds, isInDoubt };
      const done = await relayBatch(batch);
      if (done.results.size > 0) isInDoubt = false;
      return done;
    } catch (error) {
      isInDoubt = true;
      throw error;
    }
  };

  const publishWaiting = async (): Promise<Outcome> => {
    const { results: byRow, parked } = await tryBatch();
    // fault point: relay.committed
    const results = [...byRow];
    collectAfter(results.reduce((sum, [{ bytes }]) => sum + bytes, 0));
    worker?.activity.started(results.length);
    worker?.activity.finished(results.length);
    const { failed, isRetryUseless } = report(results, parked);
    if (isRetryUseless) noRetryBefore = performance.now() + RETRY_EVERY_MS;
    if (failed > 0) return 'trouble';
    return results.length > 0 ? 'more' : 'empty';
  };

  /** When no announcement but the clock has ended a rest: one round trip instead of three, for nothing nearly always. */
  const checkAndPublish = async (): Promise<Outcome> => {
    if ((await claimRows(database, { ...limits(), rows: 1 }, marks.current())).length === 0) return 'empty';
    wakeUp.wake(); // an announcement was lost, and the other loops rest longer than this one
    return publishWaiting();
  };

  const raiseMarks = (hasPublished: boolean): Promise<void> =>
    marks
      .raise(hasPublished)
      .catch((err: unknown) => log.warn({ err }, 'low-water marks stay where they are, claims look further back'));

  const loop = async (restMs: number): Promise<void> => {
    let troubles = 0;
    let isByTheClock = false;
    while (!signal.aborted) {
      await worker?.pauses.relay.whenResumed(signal);
      await publisher.whenReady(PAUSE_MS.longest);
      if (!publisher.isReady()) continue;
      const seen = wakeUp.count();
      const outcome: Outcome = await (isByTheClock ? checkAndPublish() : publishWaiting()).catch((err: unknown) => {
        if ((err as { code?: unknown }).code === POSITIONS_WENT_BACK) marks.forget();
        log.warn({ err }, 'outbox could not be read or moved, trying again');
        return 'trouble';
      });
      troubles = outcome === 'trouble' ? troubles + 1 : 0;
      if (outcome !== 'trouble') await raiseMarks(outcome === 'more');
      if (outcome === 'empty' && !signal.aborted) await wakeUp.changedSince(seen, restMs);
      isByTheClock = outcome === 'empty' && wakeUp.count() === seen;
      if (outcome === 'trouble') await quietly(pause(backoff(troubles), undefined, { signal }));
    }
  };

  const makePartitions = async (): Promise<void> => {
    while (!signal.aborted) {
      await database
        .query('select outbox_published_make_partitions(7)')
        .catch((err: unknown) => log.warn({ err }, 'no partitions made, the default one takes the rows'));
      await quietly(pause(PARTITION_UPKEEP_MS, undefined, { signal }));
    }
  };

  return {
    name: 'relay',
    start: async () => {
      const rests = Array.from({ length: relay.concurrency }, (_, n) => (n === 0 ? relay.pollMs : LONG_REST_MS));
      running = Promise.all([makePartitions(), ...rests.map(loop)]);
    },
    stop: async () => {
      stop.abort();
      wakeUp.wake();
      const outOfPatience = setTimeout(publisher.giveUp, STOP_WITHIN_MS);
      await running;
      clearTimeout(outOfPatience);
    },
  };
};

const quietly = (waiting: Promise<unknown>): Promise<unknown> => waiting.catch(() => undefined);

const backoff = (troubles: number): number => Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** (troubles - 1));
