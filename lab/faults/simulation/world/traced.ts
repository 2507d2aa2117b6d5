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

/** From now on what relays do is watched at their edges. Once for each process; slows a history down. */
export const startTracing = (): void => {
  seen = [];
  watchPublishing(() => seeOf(scheduler?.current() ?? null));
};

export const watchIfTraced = (client: object, owner: Owner | null): void => {
  if (seen && owner?.name.includes('relay')) watchClient(client as WatchedClient, seeOf(owner));
};

export const diesIfTraced = (owner: Owner): void => seeOf(owner)({ kind: 'died' });

/** A new history begins. */
export const beginTraces = (of: Scheduler): void => {
  scheduler = of;
  if (seen) seen = [];
};

type Stores = Readonly<Record<'bookings' | 'sessions', Pick<Store, 'outbox'>>>;

/** What the relays did in a history that has ended, by aggregate. */
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
