import type { TestStack } from '@mentor-sessions/lab/test-stack';
import { createConsumerMetrics, createRelayMetrics, createTimerMetrics } from '@mentor-sessions/messaging';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import pg from 'pg';
import { Registry } from 'prom-client';
import { createOverview } from '../../src/console/overview.ts';
import { findDifferences, MAX_FOUND } from '../../src/drift.ts';
import { findOverdueBookings } from '../../src/overdue-bookings.ts';
import { readTrace } from '../../src/trace.ts';
import { openBookings } from '../../../services/bookings/src/database/database.ts';
import { createLoopMetrics } from '../../../services/bookings/src/database/metrics.ts';
import { remindSessions } from '../../../services/bookings/src/use-cases/sessions-of-bookings.ts';
import { createSessionMetrics } from '../../../services/sessions/src/database/metrics.ts';
import { explained, type Cost, type Seen } from './explained.ts';

const log = createLogger({ service: 'test', role: 'scale', level: 'silent' });

const open = async (url: string, seen: Seen) => {
  const database = createDatabase({
    url,
    applicationName: 'scale',
    log,
    statementTimeoutMs: 60_000,
    queryTimeoutMs: 60_000,
  });
  const client = new pg.Client({ connectionString: url, options: '-c jit=off' }); // as the pool
  await client.connect();
  const close = async () => void (await Promise.all([client.end(), database.close()]));
  return { database: explained(database, client, seen), close };
};

type Opened = Awaited<ReturnType<typeof open>>;

/** Every gauge that queries a database; a test compares the list with the folders. */
const scrapes: Readonly<
  Record<string, (registry: Registry, of: Readonly<Record<'bookings' | 'sessions', Opened>>) => void>
> = {
  'libs/messaging/src/relay/relay-metrics.ts': (registry, { bookings }) =>
    createRelayMetrics(registry, bookings.database),
  'libs/messaging/src/consumer/consumer-metrics.ts': (registry, { bookings }) =>
    createConsumerMetrics(registry, bookings.database, { queue: 'some' }),
  'libs/messaging/src/timer/timer-metrics.ts': (registry, { bookings }) =>
    createTimerMetrics(registry, bookings.database),
  'services/bookings/src/database/metrics.ts': (registry, { bookings }) =>
    createLoopMetrics(registry, bookings.database),
  'services/sessions/src/database/metrics.ts': (registry, { sessions }) =>
    createSessionMetrics(registry, sessions.database),
};

export const scraped = Object.keys(scrapes);

const noBroker = () => Promise.reject(new Error('no broker'));

/** The statements of the reminder, gauges, status, console and command line, each with its cost. */
export const costsOfLooking = async ({ bookings, sessions }: TestStack): Promise<Cost[]> => {
  const seen: Seen = { costs: [], failures: [] };
  const app = { bookings: await open(bookings.databaseUrl, seen), sessions: await open(sessions.databaseUrl, seen) };
  const operator = {
    bookings: await open(bookings.operatorDatabaseUrl, seen),
    sessions: await open(sessions.operatorDatabaseUrl, seen),
  };
  const databases = { bookings: operator.bookings.database, sessions: operator.sessions.database };
  try {
    for (const create of Object.values(scrapes)) {
      const registry = new Registry();
      create(registry, app);
      await registry.metrics();
    }
    const reminding = openBookings(app.bookings.database);
    // only one process reminds at a time, and a running consumer may be doing it
    const isSeen = () => seen.costs.some(({ statement }) => statement === 'awaited-sessions-find-due');
    for (let tries = 0; tries < 200 && !isSeen(); tries++)
      await remindSessions(reminding, { seconds: 60, attempts: 5 });
    if (!isSeen()) throw new Error('the reminder was never alone');
    await createOverview({ databases, broker: noBroker, notesBindings: () => Promise.resolve(null) })();
    const overdue = await findOverdueBookings(databases, 60, MAX_FOUND);
    const since = new Date(Date.now() - 604_800_000);
    await findDifferences(databases, { overdue, since, limitSeconds: 60, limit: MAX_FOUND });
    const [some] = await databases.bookings.query<{ id: string }>(
      'select booking_id as id from awaited_sessions limit 1',
    );
    if (some) await readTrace(databases, some.id);
    if (seen.failures[0]) throw seen.failures[0];
    return seen.costs;
  } finally {
    await Promise.all([...Object.values(app), ...Object.values(operator)].map(({ close }) => close()));
  }
};

/** Blocks of 8 KiB that one statement may read: some milliseconds when they are in memory. */
const BUDGET = 5_000;

export const tooDear = (costs: readonly Cost[], budget = BUDGET): Cost[] =>
  costs.filter(({ blocks }) => blocks > budget);
