import {
  present,
  replicationBarrier,
  type Database,
  type Queryable,
  type Statement,
} from '@mentor-sessions/service-kit/database';
import { keepDeadLetter, type DeadLetter } from './dead-letters.ts';
import type { Message } from './message.ts';

/**
 * Where a consumer records handled messages and keeps dead letters: with PostgreSQL the tables of sql/inbox.sql; others are
 * possible. Throws `Unavailable` when it cannot be reached: that counts against no message.
 */
export type Inbox<Tx = Queryable> = {
  /** Inbox entries and effect are committed together or not at all. `work` may run again from its start; the handler writes through `tx`. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** The first to enter a message id handles the message; a concurrent copy waits for the outcome. `messages` hold each id once. */
  enter<Data>(tx: Tx, queue: string, messages: readonly Message<Data>[]): Promise<InboxEntries<Data>>;
  /** Stores a dead letter, whatever its content; resolves once it is durable, since the message is acknowledged then. */
  keepDeadLetter(letter: DeadLetter): Promise<{ readonly id: string }>;
};

export type InboxEntries<Data> = {
  readonly fresh: readonly Message<Data>[];
  readonly duplicates: readonly Message<Data>[];
  /** The same id as an earlier message, with different content. */
  readonly mismatches: readonly Message<Data>[];
};

/** A service passes its database; the inbox is in it. */
export const inboxOf = (database: Database | Inbox): Inbox =>
  'enter' in database
    ? database
    : {
        transaction: database.transaction,
        enter: enterInbox,
        keepDeadLetter: (letter) => keepDeadLetter(database, letter),
      };

class RolledBack extends Error {}

/** Does something in a transaction that is rolled back. Rejects with what fails. */
export const tryOut = async <Tx>(
  { transaction }: Pick<Inbox<Tx>, 'transaction'>,
  work: (tx: Tx) => Promise<unknown>,
): Promise<void> =>
  transaction<void>(async (tx) => {
    await work(tx);
    throw new RolledBack();
  }).catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });

/** Classifies messages by their ids, and known ids by content hash. */
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
    order by id -- one order for all: no deadlocks
    on conflict do nothing
    returning message_id`,
};

const look: Statement = {
  name: 'inbox-look',
  text: 'select message_id, content_hash from inbox where queue = $2 and message_id = any($1::uuid[])',
};

/** `Inbox.enter` for PostgreSQL: the first statement of the consumer's transaction. */
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
  await tx.query(replicationBarrier); // duplicates are acknowledged too: only once the first one's effect cannot be undone
  const hashes = new Map(rows.map((row) => [row.message_id, row.content_hash]));
  return classifyEntries(messages, (id) => isFresh.has(id), hashes);
};
