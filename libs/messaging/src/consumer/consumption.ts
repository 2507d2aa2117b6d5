import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Activity } from '../operations/activity.ts';
import { judged, type Judged } from './judged.ts';
import type { Letter } from './letter.ts';
import { keepFailed, settleBatch, settleTogether, type Settling } from './settle.ts';
import { isDatabaseTrouble } from './trouble.ts';

/** Pauses before a message whose handler threw is tried again, alone, while the others go on (ms). */
const TRY_AGAIN_AFTER_MS = [100, 1_000, 5_000];
const TROUBLE_PAUSE_MS = 1_000;

export type Consumption<Data> = Settling<Data> & {
  readonly channel: Channel;
  readonly batchSize: number;
  /** True: in trouble, hold the batch and try it again here, since everything was given back a moment ago. */
  readonly holdInTrouble: boolean;
  readonly onSuccess: () => void;
  readonly activity?: Activity | undefined;
};

/** Takes deliveries, reads and gathers them while a batch is in the database, and acknowledges them when their outcome is committed. */
export const createConsumption = <Data>(consumption: Consumption<Data>) => {
  const { channel, batchSize, subscription, log, activity } = consumption;
  const arrived: Judged<Data>[] = [];
  const held = new Map<Letter<Data>, NodeJS.Timeout | null>();
  const retries = new Set<Promise<void>>();
  const ended = new AbortController();
  let arrival = Promise.withResolvers<void>();
  let trouble: unknown = null;

  const take = (delivery: ConsumeMessage): void => {
    arrived.push(judged(delivery, subscription)); // here, while the batch before is in the database
    activity?.took(1);
    arrival.resolve();
  };

  const end = (): void => {
    ended.abort();
    arrival.resolve();
  };

  const inTrouble = (err: unknown): void => {
    log.warn({ err }, 'database in trouble, giving messages back');
    trouble = err;
    end();
  };

  const acknowledge = (deliveries: readonly ConsumeMessage[]): void => {
    const last = deliveries.at(-1);
    activity?.settled(deliveries.length);
    try {
      // everything before the last one is settled as well, unless some wait for another try
      if (last && held.size === 0) channel.ack(last, true);
      else for (const delivery of deliveries) channel.ack(delivery);
      // fault point (sync): consumer.acked
    } catch (err) {
      log.info({ err }, 'channel closed before the acknowledgement: copies will come, and be ignored');
    }
  };

  const tryAlone = async (letter: Letter<Data>, attempts: number): Promise<void> => {
    held.set(letter, null);
    try {
      await settleTogether([letter], consumption);
    } catch (error) {
      if (isDatabaseTrouble(error)) return inTrouble(error);
      if (attempts < TRY_AGAIN_AFTER_MS.length) return tryLater(letter, attempts, error);
      await keepFailed(letter, { error, attempts }, consumption).catch(inTrouble);
      if (trouble) return;
    }
    acknowledge(letter.deliveries); // while it is still held: alone, not all before it
    held.delete(letter);
  };

  const tryLater = (letter: Letter<Data>, attempts: number, err?: unknown): void => {
    log.warn({ err, messageId: letter.message.id, attempts }, 'handler failed, message to be tried again alone');
    held.set(letter, null);
    if (ended.signal.aborted) return; // given back, and tried again by whoever gets it
    const timer = setTimeout(() => {
      const retry = tryAlone(letter, attempts + 1)
        .catch(inTrouble)
        .finally(() => retries.delete(retry));
      retries.add(retry);
    }, TRY_AGAIN_AFTER_MS[attempts]);
    held.set(letter, timer);
  };

  const settlePatiently = async (batch: readonly Judged<Data>[]): Promise<Letter<Data>[] | null> => {
    for (;;) {
      try {
        return await settleBatch(batch, consumption);
      } catch (err) {
        if (!consumption.holdInTrouble || ended.signal.aborted) {
          inTrouble(err); // and nothing after it is settled: that acknowledgement would cover this batch as well
          return null;
        }
        log.warn({ err }, 'database still in trouble, holding messages');
        await pause(TROUBLE_PAUSE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      }
    }
  };

  const settleArrived = async (): Promise<void> => {
    const batch = arrived.splice(0, batchSize);
    const deliveries = batch.map(({ delivery }) => delivery);
    const failed = await settlePatiently(batch);
    if (!failed) return;
    consumption.onSuccess();
    const later = new Set(failed.flatMap((letter) => letter.deliveries));
    for (const letter of failed) tryLater(letter, 0);
    acknowledge(deliveries.filter((delivery) => !later.has(delivery)));
  };

  return {
    take,
    end,
    /** Settles what arrives until `end`; then what is under way. Returns the trouble that ended it, if any. */
    run: async (): Promise<unknown> => {
      while (!ended.signal.aborted) {
        if (arrived.length > 0) await settleArrived();
        else await arrival.promise;
        if (arrived.length === 0 && !ended.signal.aborted) arrival = Promise.withResolvers<void>();
      }
      for (const timer of held.values()) if (timer) clearTimeout(timer);
      await Promise.all(retries);
      return trouble;
    },
    /** For a stop: what has arrived already is handled rather than given back. */
    settleRest: async (): Promise<void> => {
      while (arrived.length > 0 && !trouble) await settleArrived();
    },
  };
};
