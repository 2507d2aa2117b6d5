import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import {
  contextOf,
  isTracing,
  readTraceparent,
  SpanKind,
  SpanStatusCode,
  traceparentOf,
  tracer,
} from '@mentor-sessions/service-kit/tracing';
import { Refusal, type PublishOutcome } from '../publisher/confirm-channel.ts';
import type { Publisher } from '../publisher/publisher.ts';
import type { Marks } from './low-water-marks.ts';
import { claimRows, moveToPublished, parkRows, tryMoveToPublished } from './outbox-rows.ts';
import type { ClaimLimits, OutboxRow } from './outbox-rows.ts';
import { isAccepted, publishInOrder, type MustReachAQueue, type RowResult } from './publish-in-order.ts';

const REMEMBERED = 20_000;

/** Position and message: a message that is written to the outbox again is to be published again. */
const keyOf = ({ position, message_id }: OutboxRow): string => `${position} ${message_id}`;

/** The rows that this process has published and not yet moved, so that it does not publish them again. Bounded: the oldest are forgotten. */
export const createPublishedRows = () => {
  const published = new Map<string, true>();
  const unconfirmed = new Map<string, number>();
  const remember = <T>(map: Map<string, T>, id: string, value: T): void => {
    map.delete(id);
    map.set(id, value);
    const [oldest] = map.size > REMEMBERED ? map.keys() : [];
    if (oldest !== undefined) map.delete(oldest);
  };
  return {
    /** The broker has them; they may not be moved yet. */
    add: (rows: readonly OutboxRow[]): void => rows.forEach((row) => remember(published, keyOf(row), true)),
    has: (row: OutboxRow): boolean => published.has(keyOf(row)),
    /** To be called when a message was sent and not confirmed; returns how often that happened in a row. */
    countUnconfirmed: (row: OutboxRow): number => {
      const times = (unconfirmed.get(keyOf(row)) ?? 0) + 1;
      remember(unconfirmed, keyOf(row), times);
      return times;
    },
    forget: (rows: readonly OutboxRow[]): void =>
      rows.map(keyOf).forEach((key) => {
        published.delete(key);
        unconfirmed.delete(key);
      }),
  };
};

type PublishedRows = ReturnType<typeof createPublishedRows>;

/** Publishes a row. With tracing, its wait in the outbox and its publication are spans of what caused it. */
const publishTraced = async (
  { publish }: Pick<Publisher, 'publish'>,
  row: OutboxRow,
  body: Buffer,
): Promise<PublishOutcome> => {
  const message = { messageId: row.message_id, routingKey: row.type, body, isSuspect: row.attempts > 0 };
  if (!isTracing()) return publish(message); // with the trace of what caused the event
  const { traceparent, time } = JSON.parse(body.toString()) as { traceparent?: unknown; time: string };
  const attributes = { 'messaging.message.id': row.message_id };
  const cause = contextOf(readTraceparent(traceparent));
  const waited = tracer.startSpan(`outbox ${row.type}`, { attributes, startTime: new Date(time) }, cause);
  waited.end();
  const kind = SpanKind.PRODUCER;
  const publishing = tracer.startSpan(`publish ${row.type}`, { kind, attributes }, contextOf(traceparentOf(waited)));
  const outcome = await publish({ ...message, headers: { traceparent: traceparentOf(publishing) } });
  if (outcome === 'confirmed' || outcome === 'returned') publishing.setAttributes({ outcome });
  else publishing.setStatus({ code: SpanStatusCode.ERROR, message: String(outcome) });
  publishing.end();
  return outcome;
};

export type RelayBatch = {
  readonly database: Database;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly limits: ClaimLimits & { readonly maxBodyBytes: number };
  readonly mustReachAQueue: MustReachAQueue;
  readonly marks?: Marks;
  readonly publishedRows: PublishedRows;
  /** Checks that rows can be moved before any is published. */
  readonly isInDoubt: boolean;
};

/** While confirms are outstanding the database would end the idle transaction and release its lanes. */
const KEEP_ALIVE_MS = 2_000;

const NOT_CONFIRMED = {
  nacked: 'nacked: a queue that it is routed to is full or has no leader',
  failed: 'sent, but not confirmed',
};

/**
 * One transaction: claim rows under the locks of their lanes, publish them, wait for every confirm, move what was
 * published and park what cannot be. A crash at any point releases the lanes with the connection; what was published but
 * not moved is moved by the next batch of this relay, or published again by another, with the same message id.
 */
export const relayBatch = async (batch: RelayBatch) => {
  const { done, ...result } = await batch.database.transaction(async (tx) => {
    const rows = await claimRows(tx, batch.limits, batch.marks);
    const [first] = rows;
    if (!first) return { results: new Map<OutboxRow, RowResult>(), parked: [], done: [] };
    // fault point: relay.claimed
    // a failover must not undo a change whose event was published
    if (first.awaits_standby) {
      await batch.database.confirmDurable();
      await tx.query('select 1'); // fails if the server that the rows are from is gone, and another one has confirmed
    }
    if (batch.isInDoubt) await tryMoveToPublished(tx, first);
    const reasons = new Map<OutboxRow, string>();
    const publishing = publishInOrder(rows, publishWith(batch, reasons), batch.mustReachAQueue);
    const results = await withKeepAlive(tx, publishing);
    // fault point: relay.confirmed
    const moving = rows.filter((row) => isAccepted(results.get(row) ?? 'held'));
    for (const row of rows)
      if (results.get(row) === 'too-large') reasons.set(row, `larger than ${batch.limits.maxBodyBytes} bytes`);
    const parked = [...reasons].map(([row, reason]) => ({ row, reason, again: results.get(row) !== 'too-large' }));
    batch.publishedRows.add(moving);
    await moveToPublished(tx, moving);
    await parkRows(tx, parked);
    // fault point: relay.moved
    return { results, parked, done: [...moving, ...parked.map(({ row }) => row)] };
  });
  batch.publishedRows.forget(done);
  return result;
};

/** Publishes a row unless the broker has it already; notes why a row is to be parked: refused, or sent twice without a confirm. */
const publishWith =
  ({ publisher, publishedRows }: RelayBatch, reasons: Map<OutboxRow, string>) =>
  async (row: OutboxRow, body: Buffer) => {
    if (publishedRows.has(row)) return 'confirmed';
    const outcome = await publishTraced(publisher, row, body);
    if (outcome instanceof Refusal) reasons.set(row, outcome.reason);
    else if (outcome === 'nacked' || outcome === 'failed') {
      const times = publishedRows.countUnconfirmed(row) + row.attempts;
      if (times > 1) reasons.set(row, NOT_CONFIRMED[outcome]);
    }
    return outcome;
  };

const withKeepAlive = async <T>(tx: Queryable, work: Promise<T>): Promise<T> => {
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = tx.query('select 1').catch(() => undefined); // the next statement reports it
  }, KEEP_ALIVE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    await last;
  }
};
