import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import type { Marks } from './low-water-marks.ts';
import { isRefusal } from './outcome.ts';
import {
  claimRows,
  moveToPublished,
  parkRows,
  tryMoveToPublished,
  type ClaimLimits,
  type OutboxRow,
  type ParkedRow,
} from './outbox-row.ts';
import type { PublishedIds } from './published-ids.ts';
import { isOut, publishInOrder, type MustReachAQueue, type RowResult } from './publish-in-order.ts';
import type { Publisher } from './publisher.ts';
import { publishTraced } from './traced.ts';

export type RelayBatch = {
  readonly database: Database;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly limits: ClaimLimits & { readonly maxBodyBytes: number };
  readonly mustReachAQueue: MustReachAQueue;
  readonly marks?: Marks;
  readonly publishedIds: PublishedIds;
  /** Rows may turn out not to be movable: finds out before it publishes any. */
  readonly isInDoubt: boolean;
};

export type BatchResult = { readonly results: Map<OutboxRow, RowResult>; readonly parked: readonly ParkedRow[] };

/** While confirms are outstanding the database would take us for dead and free our lanes. */
const SIGN_OF_LIFE_MS = 2_000;

const NOT_CONFIRMED = {
  nacked: 'nacked: a queue that it is routed to is full or has no leader',
  failed: 'sent, but not confirmed',
};

/**
 * One transaction: claim rows under the locks of their lanes, publish them, wait for every confirm, move what is out and
 * park what cannot be published. Dying anywhere in it frees the lanes with the connection; what was published but not
 * moved is moved by the next batch of this relay, or published again by another, with the same message id.
 */
export const relayBatch = async (batch: RelayBatch): Promise<BatchResult> => {
  const done: string[] = [];
  const result = await batch.database.transaction(async (tx) => {
    const rows = await claimRows(tx, batch.limits, batch.marks);
    const [first] = rows;
    if (!first) return { results: new Map<OutboxRow, RowResult>(), parked: [] };
    // fault point: relay.claimed
    // no event of a change that a failover could still undo
    if (first.awaits_standby) await batch.database.confirmDurable();
    if (batch.isInDoubt) await tryMoveToPublished(tx, first);
    const reasons = new Map<OutboxRow, string>();
    const publishing = publishInOrder(rows, publishWith(batch, reasons), batch.mustReachAQueue);
    const results = await withSignsOfLife(tx, publishing);
    // fault point: relay.confirmed
    const moving = rows.filter((row) => isOut(results.get(row) ?? 'held'));
    for (const row of rows)
      if (results.get(row) === 'too-large') reasons.set(row, `larger than ${batch.limits.maxBodyBytes} bytes`);
    const parked = [...reasons].map(([row, reason]) => ({ row, reason, again: results.get(row) !== 'too-large' }));
    batch.publishedIds.areOut(moving.map((row) => row.message_id));
    await moveToPublished(tx, moving);
    await parkRows(tx, parked);
    done.push(...[...moving, ...parked.map(({ row }) => row)].map((row) => row.message_id));
    // fault point: relay.moved
    return { results, parked };
  });
  batch.publishedIds.forget(done);
  return result;
};

/** Publishes a row unless it is out; notes why one is to be parked: refused, or sent twice without a confirm. */
const publishWith =
  ({ publisher, publishedIds }: RelayBatch, reasons: Map<OutboxRow, string>) =>
  async (row: OutboxRow, body: Buffer) => {
    if (publishedIds.isOut(row.message_id)) return 'confirmed';
    const outcome = await publishTraced(publisher, row, body);
    if (isRefusal(outcome)) reasons.set(row, outcome.reason);
    else if (outcome === 'nacked' || outcome === 'failed') {
      const times = publishedIds.wasNotConfirmed(row.message_id) + row.attempts;
      if (times > 1) reasons.set(row, NOT_CONFIRMED[outcome]);
    }
    return outcome;
  };

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
