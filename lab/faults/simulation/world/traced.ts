import { bookingAcceptedQueue, mustReachAQueue } from '@mentor-sessions/contracts';
import { tracesOfQueue, type InboxOutcome } from '../../../model/traces/inbox-traces.ts';
import { watchChannels } from '../../../model/traces/observe-amqp.ts';
import { watchClient, type WatchedClient } from '../../../model/traces/observe-database.ts';
import { tracesOf, type Traces } from '../../../model/traces/outbox-traces.ts';
import type { Seen, SeenLine } from '../../../model/traces/seen.ts';
import type { Traced } from '../../../model/traces/verify.ts';
import type { Owner, Scheduler } from '../clock/scheduler.ts';
import type { Store } from '../store/store.ts';

let scheduler: Scheduler | null = null;
let seen: SeenLine[] | null = null;

const isTraced = (owner: Owner | null): owner is Owner => owner !== null && /relay|consumer/.test(owner.name);

const seeOf = (owner: Owner | null) => (line: Seen) => {
  if (isTraced(owner) && (owner.alive || line.kind === 'died')) seen?.push({ ...line, process: owner.name });
};

/** Watches the calls of pg and amqplib by relays and consumers from now on. Once for each process; slows histories down. */
export const startTracing = (): void => {
  seen = [];
  watchChannels(() => seeOf(scheduler?.current() ?? null));
};

export const watchIfTraced = (client: object, owner: Owner | null): void => {
  if (seen && isTraced(owner)) watchClient(client as WatchedClient, seeOf(owner));
};

export const diesIfTraced = (owner: Owner): void => seeOf(owner)({ kind: 'died' });

/** Starts a new history. */
export const beginTraces = (of: Scheduler): void => {
  scheduler = of;
  if (seen) seen = [];
};

type Stores = {
  readonly bookings: Pick<Store, 'outbox'>;
  readonly sessions: Pick<Store, 'outbox' | 'effects' | 'deadLetters'>;
};

const tracesOfRelays = (stores: Stores, lines: readonly SeenLine[]): Traces => {
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

const tracesOfConsumers = ({ sessions }: Stores, lines: readonly SeenLine[]): Traces => {
  const handled = new Set(sessions.effects);
  const dead = new Set(sessions.deadLetters.committed().map(({ message_id }) => message_id));
  const outcomeOf = (id: string): InboxOutcome => {
    if (handled.has(id)) return dead.has(id) ? 'both' : 'handled';
    return dead.has(id) ? 'dead letter' : 'none';
  };
  const seen = lines.filter(({ process }) => process.includes('consumer'));
  return tracesOfQueue({ seen, queue: bookingAcceptedQueue.name, outcomeOf });
};

/** The traces of a history that has ended. */
export const takeTraces = (stores: Stores): Record<Traced, Traces> => {
  const lines = seen ?? [];
  return { relays: tracesOfRelays(stores, lines), consumers: tracesOfConsumers(stores, lines) };
};
