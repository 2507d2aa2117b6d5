import { setTimeout as pause } from 'node:timers/promises';
import { bookingAcceptedQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import { onlyRow } from '@mentor-sessions/service-kit/database';
import type { NotesBinding } from './bindings.ts';
import { readBoth, type Connections, type Databases, type Service } from './connections.ts';
import { groupDeadLetters, type DeadLetterGroup } from './dead-letters.ts';
import { describeError } from './errors.ts';
import { readOutboxes, type OutboxState } from './outbox.ts';
import { compareLastDay, COMPARISON_LIMIT_SECONDS, MAX_COUNTED, type ComparisonResult } from './session-comparison.ts';
import { counted } from './table.ts';
import { listWorkers, stateOf, type Worker } from './workers.ts';

/** Something that was read, or why it could not be. */
export type Part<T> = T | { readonly error: string };

export const OUTBOX_LIMIT_SECONDS = 60;
export const DRIFT_LIMIT_SECONDS = 60;

export type StatusSources = Pick<Connections, 'databases' | 'broker' | 'notesBindings'> & {
  /** The latest result of a comparison that runs continuously; default: compare once. */
  readonly compared?: () => Promise<ComparisonResult>;
};

const readParts = async (sources: StatusSources) => {
  const { databases, broker, compared = () => compareLastDay(databases) } = sources;
  const [outboxes, queues, deadLetters, drift, news, overdue, workers, connections, notesBindings] = await Promise.all([
    part('outboxes', () => readOutboxes(databases)),
    part('queues', async () => (await broker()).readQueues(ownQueues)),
    part('dead letters', () => groupDeadLetters(databases)),
    part('drift', () => readDrift(databases)),
    part('session comparison', compared),
    part('overdue sessions', () => readOverdue(databases)),
    part('workers', () => listWorkers(databases)),
    part('connections', () => readConnections(databases)),
    part('bindings', sources.notesBindings),
  ]);
  return { outboxes, queues, deadLetters, drift, news, overdue, workers, connections, notesBindings };
};

type Parts = Awaited<ReturnType<typeof readParts>>;

/**
 * Everything that shows whether bookings become sessions, and one sentence for each thing that an operator must act on. What
 * is unavailable is a problem, not an error.
 */
export const readStatus = async (sources: StatusSources) => {
  const parts = await readParts(sources);
  return { ...parts, problems: problemsOf(parts).map(({ text, hint }) => [text, hint].filter(Boolean).join(': ')) };
};

export type Status = Awaited<ReturnType<typeof readStatus>>;

const TIME_LIMIT_MS = 3_000;

const timeout = async (): Promise<never> => {
  await pause(TIME_LIMIT_MS, undefined, { ref: false });
  throw new Error(`no answer within ${TIME_LIMIT_MS / 1_000} s`);
};

const part = async <T>(name: string, read: () => Promise<T>): Promise<Part<T>> => {
  try {
    return await Promise.race([read(), timeout()]);
  } catch (error) {
    return { error: `${name} cannot be read: ${describeError(error)}` };
  }
};

export type QueueState = {
  readonly name: string;
  /** Messages that no consumer holds; null: the queue does not exist. */
  readonly ready: number | null;
  readonly consumers: number | null;
};

/** Of both services, each with its dead queue. */
const ownQueues = [bookingAcceptedQueue, sessionEventsQueue].flatMap(({ name, deadQueue }) => [name, deadQueue]);

/** Counts stop at 10,000. */
export type Drift = {
  /** Accepted bookings whose session bookings has not received. */
  readonly awaited: number;
  /** Those accepted longer ago than the limit. */
  readonly overdue: number;
  /** Those for which no reminder is sent any more: an operator must act. */
  readonly givenUp: number;
  /** Since the oldest was accepted; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

// each in the order of an index: otherwise the planner may read the whole table for a few rows
const count = (where: string, index: string): string =>
  `(select count(*)::integer from (select from awaited_sessions where ${where} order by ${index} limit ${MAX_COUNTED}) counted)`;

const drift = `select ${count('accepted_at is not null', 'accepted_at')} as awaited,
  ${count('accepted_at < now() - make_interval(secs => $1)', 'accepted_at')} as overdue,
  ${count('given_up_at is not null', 'given_up_at')} as "givenUp",
  coalesce(extract(epoch from clock_timestamp() - (select min(accepted_at) from awaited_sessions)), 0)::float8
    as "oldestAgeSeconds"`;

const readDrift = async ({ bookings }: Pick<Databases, 'bookings'>): Promise<Drift> =>
  onlyRow(await bookings.query<Drift>(drift, [DRIFT_LIMIT_SECONDS]), 'drift');

/** Of the last 24 hours: older ones are history. */
type Overdue = {
  readonly service: Service;
  readonly kind: 'draft' | 'start' | 'completion';
  /** For people. */
  readonly what: string;
  /** Up to 500. */
  readonly count: number;
  /** Since the oldest of them expired or became overdue; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

/** As the alerts: people forget some, but not so many at once. */
const OVERDUE_LIMIT = 100;

const overdue = 'select kind, count, oldest_age_seconds as "oldestAgeSeconds" from overdue()';

const names = { draft: 'drafts expired', start: 'sessions not started', completion: 'sessions not completed' };

const readOverdue = async (databases: Databases): Promise<Overdue[]> => {
  const rows = await readBoth<Omit<Overdue, 'what'>>(databases, overdue);
  return rows.map((row) => ({ ...row, what: names[row.kind] }));
};

type DatabaseConnections = {
  readonly service: Service;
  /** `application_name`, such as `bookings-relay`. */
  readonly application: string;
  /** Database role. */
  readonly login: string;
  readonly connections: number;
};

const connected = `select application_name as application, usename as login, count(*)::integer as connections
  from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and usename is not null
  group by 1, 2 order by 1, 2`;

const readConnections = (databases: Databases): Promise<DatabaseConnections[]> => readBoth(databases, connected);

/** `12`, or `10000 or more`: counts stop there. */
export const countText = (count: number): string => (count < MAX_COUNTED ? String(count) : `${MAX_COUNTED} or more`);

/** `1 session`, `2 sessions`, `10000 or more sessions`. */
export const countOf = (count: number, noun: string): string =>
  counted(count < MAX_COUNTED ? count : countText(count), noun);

/** What an operator must act on, and the view of the console that shows it. */
export type Problem = {
  readonly text: string;
  /** What to type in the command line. */
  readonly hint?: string;
  readonly view: 'dead-letters' | 'outbox' | 'reconcile' | 'workers' | null;
};

export const problemsOf = (parts: Parts): Problem[] => [
  ...problemsIn('outbox', parts.outboxes, (rows) => rows.flatMap(outboxProblems), 'ops outbox list'),
  ...problemsIn(null, parts.queues, (rows) => rows.flatMap(queueProblems)),
  ...('error' in parts.deadLetters ? problemsIn(null, parts.deadLetters) : deadLetterProblems(parts.deadLetters)),
  ...problemsIn('reconcile', parts.drift, driftProblems),
  ...problemsIn('reconcile', parts.news, comparisonProblems, 'ops reconcile'),
  ...problemsIn(null, parts.overdue, (rows) => rows.flatMap(overdueProblems)),
  ...problemsIn('workers', parts.workers, (rows) => rows.flatMap(workerProblems)),
  ...problemsIn(null, parts.connections),
  ...problemsIn(null, parts.notesBindings ?? [], (rows) => rows.flatMap(bindingProblems)),
];

const problemsIn = <T extends object>(
  view: Problem['view'],
  part: Part<T>,
  textsOf: (value: T) => readonly string[] = () => [],
  hint = '',
): Problem[] =>
  'error' in part ? [{ text: part.error, view: null }] : textsOf(part).map((text) => ({ text, view, hint }));

const outboxProblems = ({ service, parked, retrying, oldestAgeSeconds }: OutboxState): string[] => [
  ...(parked > 0 ? [`${service}: ${parked} parked in the outbox${retried(retrying)}`] : []),
  ...(oldestAgeSeconds > OUTBOX_LIMIT_SECONDS ? [`${service}: the outbox does not drain`] : []),
];

const retried = (count: number): string => (count > 0 ? `, ${count} of them retried automatically` : '');

const queueProblems = ({ name, ready, consumers }: QueueState): string[] => {
  if (ready === null) return [`queue ${name} does not exist`];
  return consumers === 0 ? [`queue ${name} has no consumer`] : [];
};

/** One for each reason in a service. */
const deadLetterProblems = (groups: readonly DeadLetterGroup[]): Problem[] =>
  [...Map.groupBy(groups, ({ service, reason }) => `${service} ${reason}`)].map(([filter, same]) => {
    const [service, reason] = filter.split(' ');
    const count = same.reduce((sum, each) => sum + each.count, 0);
    return { text: `${service}: ${counted(count, 'dead letter')}, ${reason}`, view: 'dead-letters', filter };
  });

const overdueProblems = ({ what, count }: Overdue): string[] =>
  count > OVERDUE_LIMIT ? [`${count} ${what} in the last 24 h`] : [];

const workerProblems = ({ service, roles, host, pid, ...worker }: Worker): string[] =>
  worker.state === 'running' ? [] : [`${service}: ${roles.join('+')} ${host} ${pid} is ${stateOf(worker)}`];

const bindingProblems = ({ kind, destination, routingKey, remove }: NotesBinding): string[] => [
  `${kind} ${JSON.stringify(destination)} receives private notes through its binding ${JSON.stringify(routingKey)}; remove it with ${remove}`,
];

const driftProblems = ({ overdue, givenUp }: Drift): string[] => [
  ...(overdue > 0
    ? [`${countOf(overdue, 'booking')} accepted more than ${DRIFT_LIMIT_SECONDS} s ago without a known session`]
    : []),
  ...(givenUp > 0 ? [`${countText(givenUp)} of them given up`] : []),
];

const comparisonProblems = ({ overdue }: ComparisonResult): string[] =>
  overdue > 0
    ? [
        `bookings has not received the state of ${countOf(overdue, 'session')} that changed more than ${COMPARISON_LIMIT_SECONDS} s ago`,
      ]
    : [];
