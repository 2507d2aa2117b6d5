import type { ConsumeMessage } from 'amqplib';
import { otherContent } from './handle-batch.ts';
import type { Judged } from './judged.ts';
import type { Letter } from './letter.ts';
import { keep, keepFailed, settleTogether, type Dead, type Settling } from './settle.ts';
import { faultOf } from './trouble.ts';
import { verdictOn, type Verdict } from './verdict.ts';

/** What is left of a batch: a unit that failed, to be tried again alone. */
export type Failure = { readonly unit: Unit; readonly error: unknown; readonly verdict: Verdict };

/** Deliveries that share one outcome, and how they come to it. */
export type Unit = {
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
  batch: readonly Judged<Data>[],
  settling: Settling<Data>,
): Promise<Failure[]> => {
  // fault point: consumer.received
  const { letters, dead } = sort(batch);
  const unkept = await settleEachAlone(
    dead.map((one) => deadUnit(one, settling)),
    settling,
  );
  settling.metrics.batch(letters.length);
  try {
    await settleTogether(letters, settling);
    return unkept;
  } catch (error) {
    const units = letters.map((letter) => letterUnit(letter, settling));
    const [only] = units.length === 1 ? units : [];
    if (only) return [...unkept, await failure({ unit: only, error, settling, neighbours: false })];
    // away or too slow: asked once, not once for each message
    if (faultOf(error) === 'database')
      await verdictOn(error, { probed: settling, type: typeOf(units), neighbours: false });
    return [...unkept, ...(await settleEachAlone(units, settling))];
  }
};

const typeOf = ([first]: readonly Unit[]): string => first?.type ?? '';

const letterUnit = <Data>(letter: Letter<Data>, settling: Settling<Data>): Unit => ({
  deliveries: letter.deliveries,
  type: letter.message.type,
  settle: () => settleTogether([letter], settling),
  giveUp: (failure) => keepFailed(letter, failure, settling),
});

const deadUnit = <Data>(dead: Dead, settling: Settling<Data>): Unit => ({
  deliveries: [dead.delivery],
  type: '',
  settle: () => keep(settling, dead),
});

type Failed<Data> = {
  readonly unit: Unit;
  readonly error: unknown;
  readonly settling: Settling<Data>;
  readonly neighbours: boolean;
};

const failure = async <Data>({ unit, error, settling, neighbours }: Failed<Data>): Promise<Failure> => {
  const verdict = await verdictOn(error, { probed: settling, type: unit.type, neighbours });
  return { unit, error, verdict };
};

const settleEachAlone = async <Data>(units: readonly Unit[], settling: Settling<Data>): Promise<Failure[]> => {
  const failed: { unit: Unit; error: unknown }[] = [];
  for (const unit of units) {
    try {
      await unit.settle();
    } catch (error) {
      if (faultOf(error) === 'database') await failure({ unit, error, settling, neighbours: false });
      failed.push({ unit, error });
    }
  }
  const neighbours = failed.length < units.length;
  const failures: Failure[] = [];
  for (const one of failed) failures.push(await failure({ ...one, settling, neighbours }));
  return failures;
};

const sort = <Data>(batch: readonly Judged<Data>[]) => {
  const letters = new Map<string, Letter<Data>>();
  const dead: Dead[] = [];
  for (const { delivery, judgement } of batch) {
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
