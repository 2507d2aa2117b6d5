import { bookingAcceptedQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import type { QueueState } from '../queues.ts';
import { OUTBOX_LIMIT_SECONDS, type Part, type Status } from '../status.ts';
import { DRIFT_LIMIT_SECONDS } from '../drift.ts';
import type { SessionCounts } from './session-counts.ts';

/** One station on the way from an accepted booking to everybody who hears of its session. */
export type Stage = {
  readonly id: string;
  readonly name: string;
  /** Null: it cannot be read, or there is no such thing. */
  readonly count: number | null;
  /** Of what waits; null where nothing can be late. */
  readonly oldestAgeSeconds: number | null;
  readonly isLate: boolean;
  /** What is wrong, in a few words. */
  readonly trouble: string | null;
};

type Seen = Pick<Status, 'outboxes' | 'queues' | 'drift'> & {
  readonly sessions: Part<SessionCounts>;
  /** Of the queue of accepted bookings; null: it cannot be told. */
  readonly queueAgeSeconds: number | null;
};

type Age = { readonly count: number; readonly oldestAgeSeconds: number };

const unread = (id: string, name: string, trouble: string): Stage => ({
  ...{ id, name, trouble, count: null, oldestAgeSeconds: null, isLate: true },
});

const waiting = (id: string, name: string, { age, limit }: { age: Age; limit: number }): Stage => {
  const isLate = age.oldestAgeSeconds > limit;
  return { id, name, ...age, isLate, trouble: isLate ? `older than ${limit} s` : null };
};

const outbox = ({ outboxes }: Seen, service: 'bookings' | 'sessions'): Stage => {
  const [id, name] = [`${service}-outbox`, `${service} outbox`];
  if ('error' in outboxes) return unread(id, name, outboxes.error);
  const own = outboxes.find((each) => each.service === service);
  const age = { count: own?.pending ?? 0, oldestAgeSeconds: own?.oldestAgeSeconds ?? 0 };
  const stage = waiting(id, name, { age, limit: OUTBOX_LIMIT_SECONDS });
  return own && own.parked > 0
    ? {
        ...stage,
        isLate: true,
        trouble: own.retrying > 0 ? `${own.parked} parked, ${own.retrying} retried` : `${own.parked} parked`,
      }
    : stage;
};

const queueTrouble = ({ ready, consumers }: QueueState): string | null => {
  if (ready === null) return 'the queue is missing';
  return consumers === 0 ? 'nobody consumes it' : null;
};

const queue = ({ queues }: Seen, id: string, name: string): Stage => {
  if ('error' in queues) return unread(id, name, queues.error);
  const own = queues.find((each) => each.name === name);
  const trouble = own ? queueTrouble(own) : 'the queue is missing';
  return { id, name, count: own?.ready ?? null, oldestAgeSeconds: null, isLate: trouble !== null, trouble };
};

const acceptedQueue = (seen: Seen): Stage => {
  const stage = queue(seen, 'to-sessions', bookingAcceptedQueue.name);
  const { queueAgeSeconds } = seen;
  if (!stage.count || queueAgeSeconds === null) return stage;
  const { isLate, trouble } = waiting(stage.id, stage.name, {
    age: { count: stage.count, oldestAgeSeconds: queueAgeSeconds },
    limit: DRIFT_LIMIT_SECONDS,
  });
  const late = { isLate: stage.isLate || isLate, trouble: stage.trouble ?? trouble };
  return { ...stage, ...late, oldestAgeSeconds: queueAgeSeconds };
};

const accepted = ({ drift }: Seen): Stage => {
  const [id, name] = ['accepted', 'accepted, session not known yet'];
  if ('error' in drift) return unread(id, name, drift.error);
  const { awaited, oldestAgeSeconds, givenUp } = drift;
  const stage = waiting(id, name, { age: { count: awaited, oldestAgeSeconds }, limit: DRIFT_LIMIT_SECONDS });
  return givenUp > 0 ? { ...stage, isLate: true, trouble: `${givenUp} given up` } : stage;
};

const status = ({ sessions }: Seen, id: keyof SessionCounts, name: string): Stage => {
  if ('error' in sessions) return unread(id, name, sessions.error);
  return { id, name, count: sessions[id], oldestAgeSeconds: null, isLate: false, trouble: null };
};

/** From the acceptance of a booking to the news of its session, in the order in which it happens. */
export const flowOf = (seen: Seen): Stage[] => [
  accepted(seen),
  outbox(seen, 'bookings'),
  acceptedQueue(seen),
  status(seen, 'scheduled', 'sessions scheduled'),
  status(seen, 'in_progress', 'sessions in progress'),
  status(seen, 'completed', 'sessions completed'),
  outbox(seen, 'sessions'),
  queue(seen, 'to-bookings', sessionEventsQueue.name),
];
