import {
  type Database,
  type Queryable,
  present,
  replicationBarrier,
  type Statement,
} from '@mentor-sessions/service-kit/database';
import { keepDeadLetter, type DeadLetter } from './dead-letters.ts';
import type { Message } from './message.ts';

/**
 * What a consumer remembers by, and where it keeps what it cannot handle. With PostgreSQL these are the tables of
 * sql/inbox.sql; others are possible. When it is away it throws `Unavailable`: no message is to blame.
 */
export type Inbox<Tx = Queryable> = {
  /** Memory and effect together or neither. `work` may run again from its start; `tx` is what the handler writes through. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Who enters a message id first handles it; a concurrent copy waits for the outcome. `messages` hold each id once. */
  enter<Data>(tx: Tx, queue: string, messages: readonly Message<Data>[]): Promise<InboxEntries<Data>>;
  /** Keeps a dead letter, whatever its content; resolves when it is safe, for the message is acknowledged then. */
  keepDeadLetter(letter: DeadLetter): Promise<{ readonly id: string }>;
  /** Rejects while it cannot be reached. */
  answers(): Promise<unknown>;
};

const postgresInbox = (database: Database): Inbox => ({
  transaction: database.transaction,
  enter: enterInbox,
  keepDeadLetter: (letter) => keepDeadLetter(database, letter),
  answers: () => database.query('select 1'),
});

/** A service's database stands for the inbox in it. */
export const inboxOf = (database: Database | Inbox): Inbox =>
  'enter' in database ? database : postgresInbox(database);

export type InboxEntries<Data> = {
  readonly fresh: readonly Message<Data>[];
  readonly duplicates: readonly Message<Data>[];
  /** The same id with other content than the first. */
  readonly mismatches: readonly Message<Data>[];
};

/** Sorts messages by what is known of their ids: content hashes of those that were entered before. */
export const classifyEntries = <Data>(
  messages: readonly Message<Data>[],
  isFresh: (id: string) => boolean,
  known: ReadonlyMap<string, Buffer>,
): InboxEntries<Data> => {
  const fresh = messages.filter(({ id }) => isFresh(id));
  const others = messages.filter(({ id }) => !isFresh(id));
  const isCopy = ({ id, contentHash }: Message<Data>): boolean =>
    present(known.get(id), `inbox.content_hash of ${id}`).equals(contentHash);
  return { fresh, duplicates: others.filter(isCopy), mismatches: others.filter((message) => !isCopy(message)) };
};

const enter: Statement = {
  name: 'inbox-enter',
  text: `insert into inbox (message_id, queue, content_hash)
    select id, $2, hash from unnest($1::uuid[], $3::bytea[]) as m(id, hash)
    order by id -- one order for everybody: no deadlocks
    on conflict do nothing
    returning message_id`,
};

const look: Statement = {
  name: 'inbox-look',
  text: 'select message_id, content_hash from inbox where queue = $2 and message_id = any($1::uuid[])',
};

/**
 * First statement of the consumer's transaction: who enters a message id first handles it; a concurrent copy waits here
 * for the outcome. `messages` hold each id once.
 */
export const enterInbox = async <Data>(
  tx: Queryable,
  queue: string,
  messages: readonly Message<Data>[],
): Promise<InboxEntries<Data>> => {
  const ids = messages.map(({ id }) => id);
  const entered = await tx.query<{ message_id: string }>(enter, [ids, queue, messages.map((m) => m.contentHash)]);
  if (entered.length === messages.length) return { fresh: messages, duplicates: [], mismatches: [] };
  const isFresh = new Set(entered.map((row) => row.message_id));
  const known = ids.filter((id) => !isFresh.has(id));
  const rows = await tx.query<{ message_id: string; content_hash: Buffer }>(look, [known, queue]);
  await tx.query(replicationBarrier); // copies are acknowledged too: only when the first one's effect cannot be undone
  const hashes = new Map(rows.map((row) => [row.message_id, row.content_hash]));
  return classifyEntries(messages, (id) => isFresh.has(id), hashes);
};
