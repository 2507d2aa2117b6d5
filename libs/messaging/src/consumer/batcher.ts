import type { Channel, ConsumeMessage } from 'amqplib';
import { pause } from '@mentor-sessions/service-kit/loop';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { Activity } from '../operations/worker.ts';
import { classifyFailure } from './classify-failure.ts';
import { budget } from './memory-budget.ts';
import { incomingDelivery, type IncomingDelivery } from './read-delivery.ts';
import { createRetries } from './retries.ts';
import { settleBatch } from './settle-batch.ts';
import type { SettleOptions } from './settle.ts';

const HOLD_MS = { first: 500, longest: 5_000 };
const LOG_AGAIN_MS = 60_000;

type BatcherOptions<Data> = SettleOptions<Data> & {
  readonly channel: Channel;
  readonly batchSize: number;
  /** When the database is unavailable, hold the batch and retry it here, since everything was requeued a moment ago. */
  readonly holdWhenUnavailable: boolean;
  readonly onSuccess: () => void;
  readonly activity: Activity;
};

/** Gathers deliveries while a batch is in the database, and acknowledges them once their outcome is committed. */
export const createBatcher = <Data>(options: BatcherOptions<Data>) => {
  const { channel, batchSize, subscription, log, activity } = options;
  const arrived: IncomingDelivery<Data>[] = [];
  const ended = new AbortController();
  const hold = createHold();
  let arrival = Promise.withResolvers<void>();
  let unavailable: DatabaseUnavailable | null = null;
  let handled = 0;

  const settleOptions: SettleOptions<Data> = {
    ...options,
    onCommitted: (count) => {
      handled += count;
      options.onCommitted?.(count);
    },
  };

  const take = (delivery: ConsumeMessage): void => {
    arrived.push(incomingDelivery(delivery, subscription)); // read here, while the previous batch is in the database
    activity.started(1);
    arrival.resolve();
  };

  const end = (): void => {
    ended.abort();
    arrival.resolve();
  };

  /** Returns whether messages are held; otherwise the batcher ends, and they are requeued. */
  const onUnavailable = (error: DatabaseUnavailable): boolean => {
    const isHeld = options.holdWhenUnavailable && !ended.signal.aborted;
    if (!isHeld || hold.beginOrContinue()) {
      const level = error.needsAnOperator ? 'error' : 'warn';
      log[level]({ err: error.cause }, `database unavailable; ${isHeld ? 'holding' : 'requeueing'} messages`);
    }
    if (isHeld) return true;
    unavailable = error;
    end();
    return false;
  };

  const acknowledge = (deliveries: readonly ConsumeMessage[]): void => {
    const last = deliveries.at(-1);
    if (last) hold.end();
    if (last) options.onSuccess();
    activity.finished(deliveries.length);
    try {
      // everything before the last one is settled too, unless some wait for a retry
      if (last && !retries.areHeld()) channel.ack(last, true);
      else for (const delivery of deliveries) channel.ack(delivery);
      // fault point (sync): consumer.acked
    } catch (err) {
      log.info({ err }, 'channel closed before the acknowledgement; redeliveries will be ignored');
    }
  };

  const retries = createRetries({
    log,
    ended: ended.signal,
    acknowledge,
    classify: (error, { type }, since) =>
      classifyFailure(error, { options: settleOptions, type, othersSucceeded: handled > since }),
    onUnavailable,
    handled: () => handled,
  });

  const settleArrived = async (): Promise<void> => {
    const batch = arrived.splice(0, countWithin(arrived, batchSize));
    const failures = await settleBatch(batch, settleOptions).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return error;
      throw error;
    });
    if (failures instanceof DatabaseUnavailable) return putBack(batch, failures);
    failures.forEach(retries.add);
    const later = new Set(failures.flatMap(({ settlement }) => settlement.deliveries));
    acknowledge(batch.map(({ delivery }) => delivery).filter((delivery) => !later.has(delivery)));
  };

  /** Nothing that arrived later is settled before it: that acknowledgement would cover this batch too. */
  const putBack = async (batch: readonly IncomingDelivery<Data>[], error: DatabaseUnavailable): Promise<void> => {
    if (!onUnavailable(error)) return;
    arrived.unshift(...batch);
    await pause(hold.nextPauseMs(), ended.signal);
  };

  return {
    take,
    end,
    isHolding: hold.isActive,
    /** Settles what arrives until `end`, and then what is under way. Resolves with the error that ended it, if any. */
    run: async (): Promise<DatabaseUnavailable | null> => {
      while (!ended.signal.aborted) {
        if (arrived.length > 0) await settleArrived();
        else await arrival.promise;
        if (arrived.length === 0 && !ended.signal.aborted) arrival = Promise.withResolvers<void>();
      }
      await retries.end();
      return unavailable;
    },
    /** For a stop: what has already arrived is handled rather than requeued. */
    settleRest: async (): Promise<void> => {
      while (arrived.length > 0 && !unavailable) await settleArrived();
    },
  };
};

/** How many of the first deliveries fit into a transaction, by count and by bytes; at least one. */
const countWithin = (arrived: readonly IncomingDelivery<unknown>[], batchSize: number): number => {
  let bytes = 0;
  const end = arrived.findIndex(({ delivery }, at) => {
    bytes += delivery.content.length;
    return at > 0 && (at >= batchSize || bytes > budget.batchBytes);
  });
  return end === -1 ? Math.min(arrived.length, batchSize) : end;
};

/** Messages held while the database is unavailable: logged once a minute, retried with backoff. */
const createHold = () => {
  let loggedAt: number | null = null;
  let pauses = 0;
  return {
    isActive: () => loggedAt !== null,
    /** Returns whether to log it. */
    beginOrContinue: (): boolean => {
      const isDue = loggedAt === null || performance.now() - loggedAt > LOG_AGAIN_MS;
      if (isDue) loggedAt = performance.now();
      return isDue;
    },
    nextPauseMs: () => Math.min(HOLD_MS.longest, HOLD_MS.first * 2 ** pauses++),
    end: () => {
      loggedAt = null;
      pauses = 0;
    },
  };
};
