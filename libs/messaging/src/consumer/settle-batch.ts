import type { ConsumeMessage } from 'amqplib';
import { faultOf } from '../inbox/faults.ts';
import { classifyFailure, type FailureCause } from './classify-failure.ts';
import { otherContent } from './handle-batch.ts';
import type { IncomingDelivery } from './read-delivery.ts';
import {
  type ReceivedMessage,
  keepDeadLetter,
  keepFailed,
  settleTogether,
  type PoisonMessage,
  type SettleOptions,
} from './settle.ts';

/** What is left of a batch: a unit that failed, to be tried again alone. */
export type Failure = { readonly settlement: Settlement; readonly error: unknown; readonly cause: FailureCause };

/** Deliveries that share one outcome, and how they come to it. */
export type Settlement = {
  readonly deliveries: readonly ConsumeMessage[];
  readonly type: string;
  readonly settle: () => Promise<void>;
  /** When it has failed as often as it may; without it, it is tried until it succeeds. */
  readonly giveUp?: (failure: { readonly error: unknown; readonly attempts: number }) => Promise<void>;
};

/**
 * Brings a batch to its end: each delivery is handled, recognised as a duplicate, or kept as a dead letter, except for
 * the failures that are returned. Throws `Trouble` when the database serves nothing; what was done by then is safe to do
 * again.
 */
export const settleBatch = async <Data>(
  batch: readonly IncomingDelivery<Data>[],
  settling: SettleOptions<Data>,
): Promise<Failure[]> => {
  // fault point: consumer.received
  const { letters, dead } = sort(batch);
  const unkept = await settleEachAlone(
    dead.map((one) => settlePoison(one, settling)),
    settling,
  );
  settling.metrics.batch(letters.length);
  try {
    await settleTogether(letters, settling);
    return unkept;
  } catch (error) {
    const units = letters.map((letter) => settleMessage(letter, settling));
    const [only] = units.length === 1 ? units : [];
    if (only) return [...unkept, await failure({ unit: only, error, settling, othersSucceeded: false })];
    // away or too slow: asked once, not once for each message
    if (faultOf(error) === 'database')
      await classifyFailure(error, { options: settling, type: typeOf(units), othersSucceeded: false });
    return [...unkept, ...(await settleEachAlone(units, settling))];
  }
};

const typeOf = ([first]: readonly Settlement[]): string => first?.type ?? '';

const settleMessage = <Data>(letter: ReceivedMessage<Data>, settling: SettleOptions<Data>): Settlement => ({
  deliveries: letter.deliveries,
  type: letter.message.type,
  settle: () => settleTogether([letter], settling),
  giveUp: (failure) => keepFailed(letter, failure, settling),
});

const settlePoison = <Data>(dead: PoisonMessage, settling: SettleOptions<Data>): Settlement => ({
  deliveries: [dead.delivery],
  type: '',
  settle: () => keepDeadLetter(settling, dead),
});

type Failed<Data> = {
  readonly unit: Settlement;
  readonly error: unknown;
  readonly settling: SettleOptions<Data>;
  readonly othersSucceeded: boolean;
};

const failure = async <Data>({
  unit,
  error,
  settling,
  othersSucceeded: neighbours,
}: Failed<Data>): Promise<Failure> => {
  const verdict = await classifyFailure(error, { options: settling, type: unit.type, othersSucceeded: neighbours });
  return { settlement: unit, error, cause: verdict };
};

const settleEachAlone = async <Data>(
  units: readonly Settlement[],
  settling: SettleOptions<Data>,
): Promise<Failure[]> => {
  const failed: { unit: Settlement; error: unknown }[] = [];
  for (const unit of units) {
    try {
      await unit.settle();
    } catch (error) {
      if (faultOf(error) === 'database') await failure({ unit, error, settling, othersSucceeded: false });
      failed.push({ unit, error });
    }
  }
  const neighbours = failed.length < units.length;
  const failures: Failure[] = [];
  for (const one of failed) failures.push(await failure({ ...one, settling, othersSucceeded: neighbours }));
  return failures;
};

const sort = <Data>(batch: readonly IncomingDelivery<Data>[]) => {
  const letters = new Map<string, ReceivedMessage<Data>>();
  const dead: PoisonMessage[] = [];
  for (const { delivery, result: judgement } of batch) {
    if (judgement.verdict === 'dead') {
      dead.push({ delivery, attempts: 0, ...judgement });
      continue;
    }
    const { message } = judgement;
    const first = letters.get(message.id);
    if (!first) letters.set(message.id, { message, deliveries: [delivery] });
    else if (first.message.contentHash.equals(message.contentHash)) first.deliveries.push(delivery);
    else dead.push({ delivery, attempts: 0, ...otherContent(message) });
  }
  return { letters: [...letters.values()], dead };
};
