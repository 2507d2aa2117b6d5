import { bookingAcceptedQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import { onlyRow, present } from '@mentor-sessions/service-kit/database';
import { sampled } from '@mentor-sessions/service-kit/metrics';
import type { Databases, Service } from '../connections.ts';
import type { DeadLetterGroup } from '../dead-letters.ts';
import {
  DRIFT_LIMIT_SECONDS,
  OUTBOX_LIMIT_SECONDS,
  readStatus,
  type Part,
  type Status,
  type StatusSources,
} from '../status.ts';
import type { Worker } from '../workers.ts';

/** Everything that the page shows without a request by the operator. */
export type Look = {
  readonly at: Date;
  readonly flow: readonly Stage[];
  readonly deadLetters: Part<readonly DeadLetterGroup[]>;
  readonly workers: Part<readonly Worker[]>;
  readonly problems: readonly string[];
};

/** One stage between the acceptance of a booking and the last event of its session. */
type Stage = {
  readonly id: string;
  readonly name: string;
  /** Null: it cannot be read or does not exist. */
  readonly count: number | null;
  /** Null where nothing can be late. */
  readonly oldestAgeSeconds: number | null;
  readonly isLate: boolean;
  /** What is wrong, in a few words. */
  readonly trouble: string | null;
};

const COUNT_EVERY_SECONDS = 10;
const AGE_EVERY_SECONDS = 0.5;

export const createLook = (sources: StatusSources): (() => Promise<Look>) => {
  // sampled: a statement that is slow in a backlog must not delay every look
  const counted = sampled(() => countSessions(sources.databases), { everySeconds: COUNT_EVERY_SECONDS });
  const aged = sampled(() => readQueueAge(sources.databases), { everySeconds: AGE_EVERY_SECONDS });
  return async () => {
    const [status, sessions, queueAgeSeconds] = await Promise.all([readStatus(sources), counted(), aged()]);
    const { deadLetters, workers, problems } = status;
    const flow = flowOf({ ...status, queueAgeSeconds, sessions: sessions ?? { error: 'sessions cannot be counted' } });
    return { at: new Date(), flow, deadLetters, workers, problems };
  };
};

type SessionCounts = Readonly<Record<'scheduled' | 'in_progress' | 'completed', number>>;

/** Estimated from the planner's statistics if the table is large. */
const countSessions = async ({ sessions }: Databases): Promise<SessionCounts> => {
  const rows = await sessions.query<{ readonly status: keyof SessionCounts; readonly count: number }>(
    'select status, count from sessions_by_status()', // has no row for a status without sessions
  );
  const none = { scheduled: 0, in_progress: 0, completed: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
};

/** As many of the oldest are read; late ones are among them. */
const OLDEST = 200;

// RabbitMQ does not tell how old a message is. An event that was published and whose session bookings has not received is
// in the queue or being handled. Events that wait in the outbox to be published again are left out.
const queueAge = `select coalesce(extract(epoch from clock_timestamp() - min(p.published_at)), 0)::float8 as "ageSeconds"
  from (select booking_id, accepted_at from awaited_sessions order by accepted_at limit ${OLDEST}) a cross join lateral (
    select published_at from outbox_published p
    where p.aggregate_id = a.booking_id and p.type = 'booking.accepted'
      and p.published_at between a.accepted_at - interval '1 hour' and now() limit 1) p
  where not exists (select from outbox o where o.aggregate_id = a.booking_id)`;

/** Since the oldest acceptance without a known session was published; 0 if there is none. */
const readQueueAge = async ({ bookings }: Databases): Promise<number> =>
  present(onlyRow(await bookings.query<{ ageSeconds: number }>(queueAge), 'queue age').ageSeconds, 'queue age');

type FlowSources = Pick<Status, 'outboxes' | 'queues' | 'drift'> & {
  readonly sessions: Part<SessionCounts>;
  /** Of the queue of accepted bookings; null: unknown. */
  readonly queueAgeSeconds: number | null;
};

/** The stages in the order in which a booking passes them. */
const flowOf = ({ drift, outboxes, queues, sessions, queueAgeSeconds }: FlowSources): Stage[] => {
  const sessionStage = (id: keyof SessionCounts, name: string): Stage =>
    'error' in sessions
      ? unreadable(id, name, sessions.error)
      : { id, name, count: sessions[id], oldestAgeSeconds: null, isLate: false, trouble: null };
  return [
    driftStage(drift),
    outboxStage(outboxes, 'bookings'),
    withAge(queueStage(queues, 'to-sessions', bookingAcceptedQueue.name), queueAgeSeconds),
    sessionStage('scheduled', 'sessions scheduled'),
    sessionStage('in_progress', 'sessions in progress'),
    sessionStage('completed', 'sessions completed'),
    outboxStage(outboxes, 'sessions'),
    queueStage(queues, 'to-bookings', sessionEventsQueue.name),
  ];
};

const unreadable = (id: string, name: string, trouble: string): Stage => {
  return { id, name, count: null, oldestAgeSeconds: null, isLate: true, trouble };
};

type Waiting = { readonly count: number; readonly oldestAgeSeconds: number };

const waitingStage = (id: string, name: string, waiting: Waiting, limitSeconds: number): Stage => {
  const { count, oldestAgeSeconds } = waiting;
  const isLate = oldestAgeSeconds > limitSeconds;
  return { id, name, count, oldestAgeSeconds, isLate, trouble: isLate ? `older than ${limitSeconds} s` : null };
};

const driftStage = (drift: Status['drift']): Stage => {
  const [id, name] = ['accepted', 'accepted, session not known yet'];
  if ('error' in drift) return unreadable(id, name, drift.error);
  const { awaited, oldestAgeSeconds, givenUp } = drift;
  const stage = waitingStage(id, name, { count: awaited, oldestAgeSeconds }, DRIFT_LIMIT_SECONDS);
  return givenUp > 0 ? { ...stage, isLate: true, trouble: `${givenUp} given up` } : stage;
};

const outboxStage = (outboxes: Status['outboxes'], service: Service): Stage => {
  const [id, name] = [`${service}-outbox`, `${service} outbox`];
  if ('error' in outboxes) return unreadable(id, name, outboxes.error);
  const own = outboxes.find((each) => each.service === service);
  const waiting = { count: own?.pending ?? 0, oldestAgeSeconds: own?.oldestAgeSeconds ?? 0 };
  const stage = waitingStage(id, name, waiting, OUTBOX_LIMIT_SECONDS);
  if (!own || own.parked === 0) return stage;
  const retried = own.retrying > 0 ? `, ${own.retrying} retried` : '';
  return { ...stage, isLate: true, trouble: `${own.parked} parked${retried}` };
};

const queueStage = (queues: Status['queues'], id: string, name: string): Stage => {
  if ('error' in queues) return unreadable(id, name, queues.error);
  const own = queues.find((each) => each.name === name);
  const count = own?.ready ?? null;
  if (count === null) return unreadable(id, name, 'the queue does not exist');
  const trouble = own?.consumers === 0 ? 'it has no consumer' : null;
  return { id, name, count, oldestAgeSeconds: null, isLate: trouble !== null, trouble };
};

const withAge = (stage: Stage, ageSeconds: number | null): Stage => {
  if (!stage.count || ageSeconds === null) return stage;
  const waiting = { count: stage.count, oldestAgeSeconds: ageSeconds };
  const aged = waitingStage(stage.id, stage.name, waiting, DRIFT_LIMIT_SECONDS);
  return { ...aged, isLate: stage.isLate || aged.isLate, trouble: stage.trouble ?? aged.trouble };
};
