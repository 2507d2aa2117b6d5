import { mustReachAQueue } from '@mentor-sessions/contracts';
import { watchClient, watchPublishing, type WatchedClient } from '../../../model/traces/observe.ts';
import { tracesOf, type Trace } from '../../../model/traces/outbox-traces.ts';
import type { Seen, SeenLine } from '../../../model/traces/seen.ts';
import type { Owner, Scheduler } from '../clock/scheduler.ts';
import type { Store } from '../store/store.ts';

let scheduler: Scheduler | null = null;
let seen: SeenLine[] | null = null;

const seeOf = (owner: Owner | null) => (line: Seen) => {
  if (owner?.name.includes('relay')) seen?.push({ ...line, process: owner.name });
};

/** Watches the relays' calls of pg and amqplib from now on. Once for each process; slows histories down. */
export const startTracing = (): void => {
  seen = [];
  watchPublishing(() => seeOf(scheduler?.current() ?? null));
};

export const watchIfTraced = (client: object, owner: Owner | null): void => {
  if (seen && owner?.name.includes('relay')) watchClient(client as WatchedClient, seeOf(owner));
};

export const diesIfTraced = (owner: Owner): void => seeOf(owner)({ kind: 'died' });

/** Starts a new history. */
export const beginTraces = (of: Scheduler): void => {
  scheduler = of;
  if (seen) seen = [];
};

type Stores = Readonly<Record<'bookings' | 'sessions', Pick<Store, 'outbox'>>>;

/** The relays' traces of a history that has ended, by aggregate. */
export const takeTraces = (stores: Stores): { traces: Trace[]; leftOut: number } => {
  const lines = seen ?? [];
  const of = (service: 'bookings' | 'sessions') => {
    const waiting = new Set(stores[service].outbox.committed().map(({ lane, position }) => `${lane}/${position}`));
    return tracesOf({
      seen: lines.filter(({ process }) => process.startsWith(service)),
      outcomeOf: ({ place }) => (waiting.has(place) ? 'waiting' : 'published'),
      mustReachAQueue,
    });
  };
  const [bookings, sessions] = [of('bookings'), of('sessions')];
  return { traces: [...bookings.traces, ...sessions.traces], leftOut: bookings.leftOut + sessions.leftOut };
};
