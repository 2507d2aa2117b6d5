import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import { keepDeadLetter, type DeadLetter } from '../dead-letters/store.ts';
import type { Entered } from './entered.ts';
import { enterInbox } from './inbox.ts';
import type { Message } from './message.ts';

/**
 * What a consumer remembers by, and where it keeps what it cannot handle. With PostgreSQL these are the tables of
 * sql/inbox.sql; others are possible. When it is away it throws `Unavailable`: no message is to blame.
 */
export type Inbox<Tx = Queryable> = {
  /** Memory and effect together or neither. `work` may run again from its start; `tx` is what the handler writes through. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Who enters a message id first handles it; a concurrent copy waits for the outcome. `messages` hold each id once. */
  enter<Data>(tx: Tx, queue: string, messages: readonly Message<Data>[]): Promise<Entered<Data>>;
  /** Keeps a dead letter, whatever its content; resolves when it is safe, for the message is acknowledged then. */
  keep(letter: DeadLetter): Promise<{ readonly id: string }>;
  /** Rejects while it cannot be reached. */
  answers(): Promise<unknown>;
};

const postgresInbox = (database: Database): Inbox => ({
  transaction: database.transaction,
  enter: enterInbox,
  keep: (letter) => keepDeadLetter(database, letter),
  answers: () => database.query('select 1'),
});

/** A service's database stands for the inbox in it. */
export const inboxOf = (database: Database | Inbox): Inbox =>
  'enter' in database ? database : postgresInbox(database);
