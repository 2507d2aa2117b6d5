import type { Queryable } from './database.ts';

/** An event as its row in the outbox; `envelope` is the text to publish. */
export type OutboxRow = { readonly id: string; readonly subject: string; readonly envelope: string };

/** With the number of its command in a batch. */
export type NumberedRow<Row = OutboxRow> = Row & { readonly n: number };

/** Where the events of changes wait to be published; `createOutbox` of libs/messaging is one. */
export type Outbox<Event, Row extends OutboxRow = OutboxRow> = {
  rowOf(event: Event): Row;
  /** The insert of the events of those commands that the CTE `written` has in its column `n`. */
  insertFor(written: string): string;
  /** The parameters of that insert. */
  parameters(rows: readonly NumberedRow<Row>[]): Readonly<Record<string, unknown>>;
  /** Which of these events, and so of the changes that they tell of, were committed: their ids. */
  findEnqueued(db: Queryable, rows: readonly Pick<Row, 'id' | 'subject'>[]): Promise<ReadonlySet<string>>;
  /** Tells the relays; never throws and never waits. */
  announce(): void;
};
