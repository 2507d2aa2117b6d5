import { setTimeout as pause } from 'node:timers/promises';
import type { NotesBinding } from './bindings.ts';
import type { Connections } from './connections.ts';
import { groupDeadLetters, type DeadLetterGroup } from './dead-letters.ts';
import { DRIFT_LIMIT_SECONDS, readDrift, type Drift } from './drift.ts';
import { readOutboxes, type OutboxState } from './outboxes.ts';
import { readConnections, type Connections as DatabaseConnections } from './processes.ts';
import { readQueues, type QueueState } from './queues.ts';
import { howMany } from './counted.ts';
import { sayError } from './say-error.ts';
import { NEWS_LIMIT_SECONDS, readNews, type News } from './session-news.ts';
import { listWorkers, type Worker } from './workers.ts';

/** A part that could not be read says why. */
export type Part<T> = T | { readonly error: string };

export type Status = {
  readonly outboxes: Part<readonly OutboxState[]>;
  readonly queues: Part<readonly QueueState[]>;
  readonly deadLetters: Part<readonly DeadLetterGroup[]>;
  readonly drift: Part<Drift>;
  readonly news: Part<News>;
  readonly workers: Part<readonly Worker[]>;
  readonly connections: Part<readonly DatabaseConnections[]>;
  /** Bindings that carry notes to others than sessions; null: unknown. */
  readonly notesBindings: Part<readonly NotesBinding[]> | null;
  /** One sentence for each thing that somebody must look at; empty: all is well. */
  readonly problems: readonly string[];
};

export const OUTBOX_LIMIT_SECONDS = 60;

export type Watched = Pick<Connections, 'databases' | 'broker' | 'notesBindings'> & {
  /** Of a comparison that runs all the time; default: one is made. */
  readonly news?: () => Promise<News>;
};

/** All that tells whether bookings become sessions; what cannot be reached is a problem, not an error. */
export const readStatus = async (watched: Watched): Promise<Status> => {
  const { databases, broker, notesBindings: read, news: compared = () => readNews(databases) } = watched;
  const [outboxes, queues, deadLetters, drift, news, workers, connections, notesBindings] = await Promise.all([
    part('outboxes', () => readOutboxes(databases)),
    part('queues', async () => readQueues(await broker())),
    part('dead letters', () => groupDeadLetters(databases)),
    part('drift', () => readDrift(databases)),
    part('news of sessions', compared),
    part('workers', () => listWorkers(databases)),
    part('connections', () => readConnections(databases)),
    part('bindings', read),
  ]);
  const parts = { outboxes, queues, deadLetters, drift, news, workers, connections, notesBindings };
  return { ...parts, problems: problemsOf(parts) };
};

const PATIENCE_MS = 3_000;

const noAnswer = async (): Promise<never> => {
  await pause(PATIENCE_MS, undefined, { ref: false });
  throw new Error(`no answer within ${PATIENCE_MS / 1_000} s`);
};

const part = async <T>(name: string, read: () => Promise<T>): Promise<Part<T>> => {
  try {
    return await Promise.race([read(), noAnswer()]);
  } catch (error) {
    return { error: `${name} cannot be read: ${sayError(error)}` };
  }
};

const retried = (count: number): string =>
  count > 0 ? `, ${count} of them retried automatically: npm run ops -- outbox list --parked says why` : '';

const problemsOf = ({
  outboxes,
  queues,
  deadLetters,
  drift,
  news,
  workers,
  connections,
  notesBindings,
}: Omit<Status, 'problems'>): string[] => [
  ...each(outboxes, ({ service, parked, retrying, oldestAgeSeconds }) => [
    ...(parked > 0 ? [`${service}: ${parked} parked in the outbox${retried(retrying)}`] : []),
    ...(oldestAgeSeconds > OUTBOX_LIMIT_SECONDS ? [`${service}: the outbox does not empty`] : []),
  ]),
  ...each(queues, ({ name, ready, consumers }) =>
    ready === null ? [`queue ${name} is missing`] : consumers === 0 ? [`queue ${name} has no consumer`] : [],
  ),
  ...each(deadLetters, ({ service, count, reason }) => [`${service}: ${count} dead letters, ${reason}`]),
  ...('error' in drift ? [drift.error] : driftProblems(drift)),
  ...('error' in news ? [news.error] : newsProblems(news)),
  ...each(workers, ({ service, roles, host, pid, state }) =>
    state === 'running' ? [] : [`${service}: ${roles.join('+')} ${host} ${pid} is ${state}`],
  ),
  ...each(connections, () => []),
  ...each(notesBindings ?? [], ({ kind, destination, routingKey, remove }) => [
    `${kind} ${JSON.stringify(destination)} gets private notes by its binding ${JSON.stringify(routingKey)}: remove it with ${remove}`,
  ]),
];

const each = <T>(rows: Part<readonly T[]>, problems: (row: T) => readonly string[]): readonly string[] =>
  'error' in rows ? [rows.error] : rows.flatMap(problems);

const driftProblems = ({ overdue, givenUp }: Drift): string[] => [
  ...(overdue > 0
    ? [`${howMany(overdue)} accepted bookings without a known session for ${DRIFT_LIMIT_SECONDS} s`]
    : []),
  ...(givenUp > 0 ? [`${howMany(givenUp)} of them given up`] : []),
];

const newsProblems = ({ overdue }: News): string[] =>
  overdue > 0
    ? [
        `${howMany(overdue)} sessions whose state bookings does not know ${NEWS_LIMIT_SECONDS} s after the change: ops reconcile`,
      ]
    : [];
