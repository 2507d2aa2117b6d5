import { bookingAcceptedQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import { onlyRow, present } from '@mentor-sessions/service-kit/database';
import { sampled } from '@mentor-sessions/service-kit/metrics';
import type { Databases, Service } from '../connections.ts';
import type { OutboxState } from '../outbox.ts';
import {
  DRIFT_LIMIT_SECONDS,
  OUTBOX_LIMIT_SECONDS,
  problemsOf,
  readStatus,
  type Drift,
  type Part,
  type QueueState,
  type Status,
  type StatusSources,
} from '../status.ts';
import { createRates, type Rates } from './rates.ts';

/** One stage between the acceptance of a booking and the last event of its session. */
type Stage = {
  readonly id: string;
  readonly name: string;
  /** Null: it cannot be read or does not exist. */
  readonly count: number | null;
  /** Null where nothing can be late. */
  readonly oldestAgeSeconds: number | null;
  /** How many pass it; null: unknown. */
  readonly perMinute: number | null;
  readonly isLate: boolean;
  /** What is wrong, in a few words. */
  readonly trouble: string | null;
};

const COUNT_EVERY_SECONDS = 10;
const AGE_EVERY_SECONDS = 0.5;
const RATE_EVERY_SECONDS = 2;

/** Everything that the page shows without a request by the operator. */
export const createOverview = (sources: StatusSources) => {
  // sampled: a statement that is slow in a backlog must not delay every overview
  const counted = sampled(() => countSessions(sources.databases), { everySeconds: COUNT_EVERY_SECONDS });
  const aged = sampled(() => readQueueAge(sources.databases), { everySeconds: AGE_EVERY_SECONDS });
  const rated = sampled(createRates(sources.databases), { everySeconds: RATE_EVERY_SECONDS });
  return async () => {
    const [status, counts, queueAgeSeconds, rates] = await Promise.all([
      readStatus(sources),
      counted(),
      aged(),
      rated(),
    ]);
    const { overdue, deadLetters, workers } = status;
    const sessions = counts ?? { error: 'sessions cannot be counted' };
    const flow = flowOf({ ...status, queueAgeSeconds, sessions, rates: rates ?? {} });
    return { at: new Date(), flow, overdue, deadLetters, workers, problems: problemsOf(status) };
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

// RabbitMQ does not report the age of a message. An event that was published and whose session bookings has not received is
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
  readonly rates: Rates;
};

/** The stages in the order in which a booking passes them. */
const flowOf = ({ drift, outboxes, queues, sessions, queueAgeSeconds, rates }: FlowSources): Stage[] => {
  const sessionStage = (status: keyof SessionCounts, name: string) =>
    stage(status, name, sessions, (counts) => ({ count: counts[status] }));
  const outboxStage = (service: Service) =>
    stage(`${service}-outbox`, `${service} outbox`, outboxes, (states) => outboxFacts(states, service));
  const queueStage = (id: string, name: string, ageSeconds: number | null) =>
    stage(id, name, queues, (states) => queueFacts(states, name, ageSeconds));
  return [
    stage('accepted', 'accepted, session not known yet', drift, driftFacts),
    outboxStage('bookings'),
    queueStage('to-sessions', bookingAcceptedQueue.name, queueAgeSeconds),
    sessionStage('scheduled', 'sessions scheduled'),
    sessionStage('in_progress', 'sessions in progress'),
    sessionStage('completed', 'sessions completed'),
    outboxStage('sessions'),
    queueStage('to-bookings', sessionEventsQueue.name, null),
  ].map((each) => ({ ...each, perMinute: rates[each.id] ?? null }));
};

type Facts = Pick<Stage, 'count'> &
  Partial<Pick<Stage, 'oldestAgeSeconds' | 'trouble'>> & { readonly limitSeconds?: number };

/** Late if something is wrong or the oldest is older than the limit. */
const stage = <T extends object>(
  id: string,
  name: string,
  part: Part<T>,
  factsOf: (part: T) => Facts,
): Omit<Stage, 'perMinute'> => {
  const facts: Facts = 'error' in part ? { count: null, trouble: part.error } : factsOf(part);
  const { count, oldestAgeSeconds = null, limitSeconds = Infinity } = facts;
  const tooOld = (oldestAgeSeconds ?? 0) > limitSeconds ? `older than ${limitSeconds} s` : null;
  const trouble = facts.trouble ?? tooOld;
  return { id, name, count, oldestAgeSeconds, isLate: trouble !== null, trouble };
};

const driftFacts = ({ awaited: count, oldestAgeSeconds, givenUp }: Drift): Facts => {
  const trouble = givenUp > 0 ? `${givenUp} given up` : null;
  return { count, oldestAgeSeconds, limitSeconds: DRIFT_LIMIT_SECONDS, trouble };
};

const outboxFacts = (outboxes: readonly OutboxState[], service: Service): Facts => {
  const own = outboxes.find((each) => each.service === service);
  const { pending: count = 0, oldestAgeSeconds = 0, parked = 0, retrying = 0 } = own ?? {};
  const retried = retrying > 0 ? `, ${retrying} retried` : '';
  const trouble = parked > 0 ? `${parked} parked${retried}` : null;
  return { count, oldestAgeSeconds, limitSeconds: OUTBOX_LIMIT_SECONDS, trouble };
};

const queueFacts = (queues: readonly QueueState[], name: string, ageSeconds: number | null): Facts => {
  const { ready: count = null, consumers } = queues.find((each) => each.name === name) ?? {};
  if (count === null) return { count, trouble: 'the queue does not exist' };
  const oldestAgeSeconds = count > 0 ? ageSeconds : null;
  return {
    count,
    oldestAgeSeconds,
    limitSeconds: DRIFT_LIMIT_SECONDS,
    trouble: consumers === 0 ? 'it has no consumer' : null,
  };
};
