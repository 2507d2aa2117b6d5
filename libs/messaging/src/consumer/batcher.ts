import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { Activity } from '../operations/worker.ts';
import { classifyFailure } from './classify-failure.ts';
import { budget } from './memory-budget.ts';
import { incomingDelivery, type IncomingDelivery } from './read-delivery.ts';
import { createRetries } from './retries.ts';
import { settleBatch } from './settle-batch.ts';
import type { SettleOptions } from './settle.ts';

const HOLD_MS = { first: 500, longest: 5_000 };
const SAY_AGAIN_MS = 60_000;

export type BatcherOptions<Data> = SettleOptions<Data> & {
  readonly channel: Channel;
  readonly batchSize: number;
  /** True: in trouble, hold the batch and try it again here, since everything was given back a moment ago. */
  readonly holdWhenUnavailable: boolean;
  readonly onSuccess: () => void;
  readonly activity?: Activity | undefined;
};

/** As many of the first as a transaction takes, in number and in bytes; one at least. */
const countWithin = (arrived: readonly IncomingDelivery<unknown>[], most: number): number => {
  let bytes = 0;
  const over = arrived.findIndex(({ delivery }, at) => {
    bytes += delivery.content.length;
    return at > 0 && (at >= most || bytes > budget.batchBytes);
  });
  return over === -1 ? Math.min(arrived.length, most) : over;
};

/** A database in trouble, with messages in our hands: how long, and what has been said of it. */
const createHolding = () => {
  let saidAt: number | null = null;
  let pauses = 0;
  return {
    is: () => saidAt !== null,
    beginsOrLasts: (): boolean => {
      const says = saidAt === null || performance.now() - saidAt > SAY_AGAIN_MS;
      if (says) saidAt = performance.now();
      return says;
    },
    pauseMs: () => Math.min(HOLD_MS.longest, HOLD_MS.first * 2 ** pauses++),
    ends: () => {
      saidAt = null;
      pauses = 0;
    },
  };
};

/** Takes deliveries, reads and gathers them while a batch is in the database, and acknowledges them when their outcome is committed. */
export const createBatcher = <Data>(consumption: BatcherOptions<Data>) => {
  const { channel, batchSize, subscription, log, activity } = consumption;
  const arrived: IncomingDelivery<Data>[] = [];
  const ended = new AbortController();
  let arrival = Promise.withResolvers<void>();
  let trouble: DatabaseUnavailable | null = null;
  let handled = 0;
  const holding = createHolding();

  const settling: SettleOptions<Data> = {
    ...consumption,
    onCommitted: (count) => {
      handled += count;
      consumption.onCommitted(count);
    },
  };

  const take = (delivery: ConsumeMessage): void => {
    arrived.push(incomingDelivery(delivery, subscription)); // here, while the batch before is in the database
    activity?.started(1);
    arrival.resolve();
  };

  const end = (): void => {
    ended.abort();
    arrival.resolve();
  };

  /** True: they are held, since everything was requeued a moment ago. */
  const onUnavailable = (error: DatabaseUnavailable): boolean => {
    const isHeld = consumption.holdWhenUnavailable && !ended.signal.aborted;
    if (!isHeld || holding.beginsOrLasts()) {
      const level = error.needsAnOperator ? 'error' : 'warn';
      log[level]({ err: error.cause }, `database unavailable; ${isHeld ? 'holding' : 'requeueing'} messages`);
    }
    if (isHeld) return true;
    trouble = error;
    end();
    return false;
  };

  const acknowledge = (deliveries: readonly ConsumeMessage[]): void => {
    const last = deliveries.at(-1);
    if (last) holding.ends();
    if (last) consumption.onSuccess();
    activity?.finished(deliveries.length);
    try {
      // everything before the last one is settled as well, unless some wait for another try
      if (last && !retries.areHeld()) channel.ack(last, true);
      else for (const delivery of deliveries) channel.ack(delivery);
      // fault point (sync): consumer.acked
    } catch (err) {
      log.info({ err }, 'channel closed before the acknowledgement: copies will come, and be ignored');
    }
  };

  const retries = createRetries({
    log,
    ended: ended.signal,
    acknowledge,
    verdictOn: (error, { type }, since) =>
      classifyFailure(error, { options: settling, type, othersSucceeded: handled > since }),
    inTrouble: onUnavailable,
    handled: () => handled,
  });

  const settleArrived = async (): Promise<void> => {
    const batch = arrived.splice(0, countWithin(arrived, batchSize));
    const failed = await settleBatch(batch, settling).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return error;
      throw error;
    });
    if (failed instanceof DatabaseUnavailable) return putBack(batch, failed);
    const later = new Set(failed.flatMap(({ settlement: unit }) => unit.deliveries));
    for (const { settlement: unit, ...failure } of failed) retries.add(unit, failure);
    acknowledge(batch.map(({ delivery }) => delivery).filter((delivery) => !later.has(delivery)));
  };

  /** Nothing after it is settled before it: that acknowledgement would cover this batch as well. */
  const putBack = async (batch: readonly IncomingDelivery<Data>[], error: DatabaseUnavailable): Promise<void> => {
    if (!onUnavailable(error)) return;
    arrived.unshift(...batch);
    await pause(holding.pauseMs(), undefined, { signal: ended.signal }).catch(() => undefined);
  };

  return {
    take,
    end,
    /** In trouble, with messages in its hands. */
    isHolding: holding.is,
    /** Settles what arrives until `end`; then what is under way. Returns the trouble that ended it, if any. */
    run: async (): Promise<DatabaseUnavailable | null> => {
      while (!ended.signal.aborted) {
        if (arrived.length > 0) await settleArrived();
        else await arrival.promise;
        if (arrived.length === 0 && !ended.signal.aborted) arrival = Promise.withResolvers<void>();
      }
      await retries.end();
      return trouble;
    },
    /** For a stop: what has arrived already is handled rather than given back. */
    settleRest: async (): Promise<void> => {
      while (arrived.length > 0 && !trouble) await settleArrived();
    },
  };
};
