import type { Queryable } from './database.ts';

/** Where the events of changes wait to be published; `createOutbox` of libs/messaging is one. */
export type Outbox<Event> = {
  /** The insert of one event for each row of the CTE `from`; its parameters are `parameters(event)`. */
  insertFrom(from: string): string;
  parameters(event: Event): Readonly<Record<string, unknown>>;
  /** Whether the event, and so the change that it tells of, was committed. */
  wasEnqueued(db: Queryable, event: Event): Promise<boolean>;
  /** Tells the relays; never throws and never waits. */
  announce(): void;
};
