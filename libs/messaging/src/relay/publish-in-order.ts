import { Refusal, type PublishOutcome } from '../publisher/confirm-channel.ts';
import type { OutboxRow } from './outbox-rows.ts';

export const rowResults = [
  'published',
  'returned',
  'unroutable',
  'failed',
  'nacked',
  'refused',
  'too-large',
  'held',
] as const;
export type RowResult = (typeof rowResults)[number];

export type PublishRow = (row: OutboxRow, body: Buffer) => Promise<PublishOutcome>;

/** Whether an event that reaches no queue is a failure (true), or just has no subscribers (false). */
export type MustReachAQueue = (type: string) => boolean;

/**
 * Publishes aggregates in parallel, and the events of one aggregate one after the other, each after the confirm of the one
 * before. Events behind a failure are held, so that the first deliveries of an aggregate's events are in order.
 */
export const publishInOrder = async (
  rows: readonly OutboxRow[],
  publish: PublishRow,
  mustReachAQueue: MustReachAQueue,
): Promise<Map<OutboxRow, RowResult>> => {
  const results = new Map<OutboxRow, RowResult>(rows.map((row) => [row, 'held']));
  const publishAll = async (ofOneAggregate: readonly OutboxRow[]): Promise<void> => {
    for (const row of ofOneAggregate) {
      const result = await publishOne(row, publish, mustReachAQueue);
      results.set(row, result);
      if (!isAccepted(result)) return;
    }
  };
  await Promise.all(
    Map.groupBy(rows, (row) => row.aggregate_id)
      .values()
      .map(publishAll),
  );
  return results;
};

/** The broker has it, with or without subscribers. */
export const isAccepted = (result: RowResult): boolean => result === 'published' || result === 'returned';

const publishOne = async (
  row: OutboxRow,
  publish: PublishRow,
  mustReachAQueue: MustReachAQueue,
): Promise<RowResult> => {
  if (row.envelope === null) return 'too-large';
  const outcome = await publish(row, Buffer.from(row.envelope));
  if (outcome instanceof Refusal) return 'refused';
  if (outcome === 'confirmed') return 'published';
  if (outcome === 'nacked') return 'nacked';
  if (outcome !== 'returned') return 'failed';
  return mustReachAQueue(row.type) ? 'unroutable' : 'returned';
};
