import type { PublishOutcome } from './publisher.ts';

export const rowResults = ['published', 'returned', 'unroutable', 'failed', 'too-large', 'held'] as const;
export type RowResult = (typeof rowResults)[number];

type Row = { readonly aggregate_id: string; readonly type: string; readonly envelope: string };

export type PublishRow<R extends Row> = (row: R, body: Buffer) => Promise<PublishOutcome>;

export type PublishRules = {
  /** Bytes; checked before publishing, since an oversize body costs the channel. */
  readonly maxBodyBytes: number;
  /** Whether an event that no queue takes is a failure (true) or just not listened to (false). */
  readonly mustReachAQueue: (type: string) => boolean;
};

/**
 * Publishes a batch: aggregates side by side, the events of one aggregate one after the other, each when the one before
 * it is confirmed. What follows a failure waits (`held`): the first copies of an aggregate's events are on the wire in order.
 */
export const publishInOrder = async <R extends Row>(
  rows: readonly R[],
  publish: PublishRow<R>,
  rules: PublishRules,
): Promise<Map<R, RowResult>> => {
  const results = new Map<R, RowResult>(rows.map((row) => [row, 'held']));
  const publishAll = async (ofOneAggregate: readonly R[]): Promise<void> => {
    for (const row of ofOneAggregate) {
      const result = await publishOne(row, publish, rules);
      results.set(row, result);
      if (!isOut(result)) return;
    }
  };
  await Promise.all(
    Map.groupBy(rows, (row) => row.aggregate_id)
      .values()
      .map(publishAll),
  );
  return results;
};

/** The broker has it, whoever listens. */
export const isOut = (result: RowResult): boolean => result === 'published' || result === 'returned';

const publishOne = async <R extends Row>(row: R, publish: PublishRow<R>, rules: PublishRules): Promise<RowResult> => {
  const body = Buffer.from(row.envelope);
  if (body.length > rules.maxBodyBytes) return 'too-large';
  const outcome = await publish(row, body);
  if (outcome === 'confirmed') return 'published';
  if (outcome === 'failed') return 'failed';
  return rules.mustReachAQueue(row.type) ? 'unroutable' : 'returned';
};
