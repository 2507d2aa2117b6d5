import type { ConsumeMessage } from 'amqplib';
import { faultOf } from '../inbox/faults.ts';
import { classifyFailure, type FailureCause } from './classify-failure.ts';
import { contentMismatch } from './handle-batch.ts';
import type { IncomingDelivery } from './read-delivery.ts';
import {
  deadLetter,
  deadLetterFailed,
  settleTogether,
  type PoisonMessage,
  type ReceivedMessage,
  type SettleOptions,
} from './settle.ts';

/** A settlement that failed, to be retried alone. */
export type Failure = { readonly settlement: Settlement; readonly error: unknown; readonly cause: FailureCause };

/** Deliveries with one outcome, and how to settle them. */
export type Settlement = {
  readonly deliveries: readonly ConsumeMessage[];
  readonly type: string;
  readonly settle: () => Promise<void>;
  /** To be called when the retries are used up; without it, it is retried until it succeeds. */
  readonly giveUp?: (failure: { readonly error: unknown; readonly attempts: number }) => Promise<void>;
};

/**
 * Settles a batch: each delivery is handled, recognised as a duplicate, or dead-lettered, except for the failures that are
 * returned. Throws `DatabaseUnavailable` when the database handles nothing; it is safe to settle the batch again then.
 */
export const settleBatch = async <Data>(
  batch: readonly IncomingDelivery<Data>[],
  options: SettleOptions<Data>,
): Promise<Failure[]> => {
  // fault point: consumer.received
  const { received, poison } = sort(batch);
  const unkept = await settleEachAlone(
    poison.map((one) => settlePoison(one, options)),
    options,
  );
  options.metrics.batch(received.length);
  try {
    await settleTogether(received, options);
    return unkept;
  } catch (error) {
    const settlements = received.map((one) => settleMessage(one, options));
    const [first] = settlements;
    if (first && settlements.length === 1) {
      const cause = await classifyFailure(error, { options, type: first.type, othersSucceeded: false });
      return [...unkept, { settlement: first, error, cause }];
    }
    // unavailable or too slow: tried once, not once for each message
    if (faultOf(error) === 'database')
      await classifyFailure(error, { options, type: first?.type ?? '', othersSucceeded: false });
    return [...unkept, ...(await settleEachAlone(settlements, options))];
  }
};

const settleMessage = <Data>(received: ReceivedMessage<Data>, options: SettleOptions<Data>): Settlement => ({
  deliveries: received.deliveries,
  type: received.message.type,
  settle: () => settleTogether([received], options),
  giveUp: (failure) => deadLetterFailed(received, failure, options),
});

const settlePoison = <Data>(poison: PoisonMessage, options: SettleOptions<Data>): Settlement => ({
  deliveries: [poison.delivery],
  type: '',
  settle: () => deadLetter(poison, options),
});

const settleEachAlone = async <Data>(
  settlements: readonly Settlement[],
  options: SettleOptions<Data>,
): Promise<Failure[]> => {
  const failed: { settlement: Settlement; error: unknown }[] = [];
  for (const settlement of settlements) {
    try {
      await settlement.settle();
    } catch (error) {
      if (faultOf(error) === 'database')
        await classifyFailure(error, { options, type: settlement.type, othersSucceeded: false });
      failed.push({ settlement, error });
    }
  }
  const othersSucceeded = failed.length < settlements.length;
  const failures: Failure[] = [];
  for (const { settlement, error } of failed) {
    const cause = await classifyFailure(error, { options, type: settlement.type, othersSucceeded });
    failures.push({ settlement, error, cause });
  }
  return failures;
};

/** Groups copies of a message, and separates what cannot be handled. */
const sort = <Data>(batch: readonly IncomingDelivery<Data>[]) => {
  const received = new Map<string, ReceivedMessage<Data>>();
  const poison: PoisonMessage[] = [];
  for (const { delivery, result } of batch) {
    if (!result.isValid) {
      poison.push({ delivery, attempts: 0, reason: result.reason, detail: result.detail });
      continue;
    }
    const { message } = result;
    const first = received.get(message.id);
    if (!first) received.set(message.id, { message, deliveries: [delivery] });
    else if (first.message.contentHash.equals(message.contentHash)) first.deliveries.push(delivery);
    else poison.push({ delivery, attempts: 0, ...contentMismatch(message) });
  }
  return { received: [...received.values()], poison };
};
