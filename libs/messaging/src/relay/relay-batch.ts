import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import type { Marks } from './low-water-marks.ts';
import type { Publisher } from './publisher.ts';
import { claimRows, moveToPublished, parkRow, type OutboxRow } from './outbox-row.ts';
import { isOut, publishInOrder, type PublishRules, type RowResult } from './publish-in-order.ts';
import { publishTraced } from './traced.ts';

export type RelayBatch = {
  readonly database: Database;
  readonly publisher: Pick<Publisher, 'publish' | 'largestBody'>;
  readonly limit: number;
  readonly marks?: () => Marks;
} & PublishRules;

/** While confirms are outstanding the database would take us for dead and free our lanes. */
const SIGN_OF_LIFE_MS = 2_000;

/**
 * One transaction: claim rows under the locks of their lanes, publish them, wait for every confirm, move what is out.
 * Dying anywhere in it frees the lanes with the connection; what was published but not moved is published again, with
 * the same message id.
 */
export const relayBatch = (batch: RelayBatch): Promise<Map<OutboxRow, RowResult>> =>
  batch.database.transaction(async (tx) => {
    const rows = await claimRows(tx, batch.limit, batch.marks?.());
    if (rows.length === 0) return new Map<OutboxRow, RowResult>();
    // fault point: relay.claimed
    // no event of a change that a failover could still undo
    if (rows[0]?.awaits_standby) await batch.database.confirmDurable();
    const maxBodyBytes = Math.min(batch.maxBodyBytes, batch.publisher.largestBody());
    const publishing = publishInOrder(rows, publishWith(batch.publisher), { ...batch, maxBodyBytes });
    const results = await withSignsOfLife(tx, publishing);
    // fault point: relay.confirmed
    const having = (isWanted: (result: RowResult) => boolean) =>
      rows.filter((row) => isWanted(results.get(row) ?? 'held'));
    await moveToPublished(tx, having(isOut));
    for (const row of having((result) => result === 'too-large'))
      await parkRow(tx, row, `larger than ${maxBodyBytes} bytes`);
    // fault point: relay.moved
    return results;
  });

const publishWith = (publisher: Pick<Publisher, 'publish'>) => (row: OutboxRow, body: Buffer) =>
  publishTraced(publisher, row, body);

const withSignsOfLife = async <T>(tx: Queryable, work: Promise<T>): Promise<T> => {
  let lastSign: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    lastSign = tx.query('select 1').catch(() => undefined); // the next statement tells
  }, SIGN_OF_LIFE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    await lastSign;
  }
};
