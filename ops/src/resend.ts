import { setTimeout as pause } from 'node:timers/promises';
import { bookingAcceptedQueue, catalogue, contentType, sessionEventsQueue } from '@mentor-sessions/contracts';
import type { OperatorBroker } from '@mentor-sessions/messaging/operations';
import { onlyRow, present, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Act, Databases, Service } from './databases.ts';
import { Usage } from './usage.ts';

/** What was published, of one type and time. */
export type Published = { readonly type: string; readonly since: Date; readonly until: Date };

export type Resending = Published & {
  readonly queue: string;
  /** Broker user whom the messages come from; default: the service's name. */
  readonly sender?: string | undefined;
  /** Messages for each second; default: as fast as the broker takes them. */
  readonly rate?: number | undefined;
  readonly act: Act;
};

/** Which service published this type; throws Usage for a type that nobody publishes. */
export const publisherOf = (type: string): Service => {
  const event = catalogue.find((each) => each.type === type);
  if (!event) throw new Usage(`Nobody publishes ${type}: ${[...new Set(catalogue.map((e) => e.type))].join(', ')}.`);
  return event.source === '/bookings' ? 'bookings' : 'sessions';
};

const from = `from outbox_published p where type = $1 and published_at >= $2 and published_at < $3
  and not exists (select from outbox_published first where first.aggregate_id = p.aggregate_id
    and first.message_id = p.message_id and first.position < p.position and first.published_at >= $2)`;

/** How many messages there are; what was sent again counts once. */
export const countPublished = async (databases: Databases, { type, since, until }: Published): Promise<number> => {
  const db = databases[publisherOf(type)];
  const rows = await db.query<{ count: number }>(`select count(*)::float8 as count ${from}`, [type, since, until]);
  const row = onlyRow(rows, 'count of published events');
  return present(row.count, 'count');
};

const PAGE = { rows: 500, bytes: 4 * 1024 * 1024 };
const page = `select position::float8 as position, message_id as "messageId", body
  from events_resent($1, $2, ${PAGE.rows}, ${PAGE.bytes})`;

type Row = { readonly position: number; readonly messageId: string; readonly body: string };

/** Bodies can be read by the record of a resend alone: it says which. */
const recordResend = async (db: Queryable, { type, since, until, queue, act }: Resending): Promise<string> => {
  const call = 'select events_resend($1, $2, $3, $4, $5, $6)::text as id';
  const rows = await db.query<{ id: string }>(call, [type, since, until, queue, act.operator, act.reason]);
  return onlyRow(rows, 'record of a resend').id;
};

/** Throws Usage when a queue of our own would get what it does not handle, for that would be dead letters. */
export const assertFits = (queue: string, type: string): void => {
  const own = [bookingAcceptedQueue, sessionEventsQueue].find(
    ({ name, deadQueue }) => queue === name || queue === deadQueue,
  );
  const handled: readonly string[] = own?.name === queue ? own.routingKeys : [];
  if (own && !handled.includes(type)) throw new Usage(`${queue} does not handle ${type}.`);
};

/**
 * Publishes the past again: straight to one queue, in order, under the same ids, so that nobody else gets copies. Returns
 * how many the broker has confirmed; throws when it does not, and may then be started anew from its beginning.
 */
export const resendEvents = async (
  databases: Databases,
  broker: OperatorBroker,
  resending: Resending,
): Promise<number> => {
  const { type, queue, rate } = resending;
  assertFits(queue, type);
  const service = publisherOf(type);
  const db = databases[service];
  const record = await recordResend(db, resending);
  const sender = await broker.openSender({ queue, type, contentType, userId: resending.sender ?? service });
  let sent = 0;
  try {
    for (let last = 0; ;) {
      const rows = await db.query<Row>(page, [record, last]);
      if (rows.length === 0) return sent;
      for (let at = 0; at < rows.length; at += rate ?? PAGE.rows) {
        if (rate && sent > 0) await pause(1_000);
        const some = rows.slice(at, at + (rate ?? PAGE.rows));
        await sender.send(some.map(({ messageId, body }) => ({ messageId, body: Buffer.from(body) })));
        sent += some.length;
      }
      last = rows.at(-1)?.position ?? last;
    }
  } finally {
    await sender.close();
  }
};
