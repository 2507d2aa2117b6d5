import type { Envelope } from '@mentor-sessions/contracts';
import type { Candidate } from '../../harness/job.ts';
import type { Stage } from '../../harness/stage.ts';
import { startScript, type Process } from '../../harness/processes.ts';
import { insertUncommitted } from '../../harness/rows.ts';
import { runMigrations } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import { randomUUID } from 'node:crypto';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { DatabaseSetup } from 'pg-transactional-outbox';

/** A peer: how its rows are written, and which processes publish them. */
export type Relay = {
  readonly name: string;
  readonly kind: Candidate['kind'];
  /** Measured by its rate over this time (s), not until all rows are published. */
  readonly overSeconds?: number;
  readonly prepare?: (stage: Stage) => Promise<void>;
  readonly finish?: (stage: Stage) => Promise<void>;
  readonly start: (stage: Stage) => Promise<Process[]>;
  /** Inserts `count` events, from number `from`; returns the function that commits them. */
  readonly fill: (stage: Stage, count: number, from: number) => Promise<() => Promise<void>>;
  readonly isEmpty: (stage: Stage) => Promise<boolean>;
  readonly empty: (stage: Stage) => Promise<void>;
  /** Commits one event and notifies. */
  readonly insertOne: (stage: Stage, event: Envelope) => Promise<void>;
};

type HowUsed = { readonly isTuned: boolean };

/** `graphile-worker` with defaults; `graphile-worker, tuned` as its documentation recommends for this job. */
const named = (name: string, { isTuned }: HowUsed): string => (isTuned ? `${name}, tuned` : name);

/** Measured by the rate over this time; publishing all rows would take too long. */
const SLOW_SECONDS = 20;

const startPeer = async (
  { stack: { bookings } }: Stage,
  script: string,
  variables: Readonly<Record<string, string>>,
): Promise<Process[]> => [
  await startScript(`peers/${script}.ts`, {
    DATABASE_URL: bookings.adminDatabaseUrl, // peers create their own schema
    AMQP_URL: bookings.amqpUrl,
    ...variables,
  }),
];

const isTunedVariable = ({ isTuned }: HowUsed): Record<string, string> => (isTuned ? { TUNED: 'yes' } : {});

const isNone = async ({ bookings }: Stage, query: string): Promise<boolean> =>
  (await bookings.query(`${query} limit 1`)).rowCount === 0;

const jobs = 'graphile_worker._private_jobs';

const graphileWorker = (how: HowUsed): Relay => ({
  name: named('graphile-worker', how),
  kind: 'peer',
  ...(how.isTuned ? {} : { overSeconds: SLOW_SECONDS }),
  prepare: ({ stack }) => runMigrations({ connectionString: stack.bookings.adminDatabaseUrl }),
  start: (stage) => startPeer(stage, 'graphile-worker', isTunedVariable(how)),
  fill: ({ bookings }, count, from) =>
    insertUncommitted(
      bookings,
      `select graphile_worker.add_jobs(array(
         select ('publish', envelope, null, null, null, null, null, null)::graphile_worker.job_spec
         from bench_events where n > $2 order by n limit $1))`,
      [count, from],
    ),
  isEmpty: (stage) => isNone(stage, `select from ${jobs}`),
  empty: async ({ bookings }) => void (await bookings.query(`truncate ${jobs}`)),
  insertOne: async ({ bookings }, event) => {
    await bookings.query({
      name: 'one-graphile-worker',
      text: `select graphile_worker.add_job('publish', $1)`,
      values: [JSON.stringify(event)],
    });
  },
});

const CHUNK = 5_000;

type Execute = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

const pgBoss = (how: HowUsed): Relay => {
  const senders = new Map<Stage, PgBoss>();
  const senderOf = (stage: Stage): PgBoss => senders.get(stage) as PgBoss;
  return {
    name: named('pg-boss', how),
    kind: 'peer',
    overSeconds: SLOW_SECONDS,
    prepare: async (stage) => {
      const boss = new PgBoss({ connectionString: stage.stack.bookings.adminDatabaseUrl, supervise: false });
      boss.on('error', (error) => console.error(error));
      await boss.start();
      await boss.createQueue('publish', how.isTuned ? { notify: true } : {});
      senders.set(stage, boss);
    },
    finish: (stage) => senderOf(stage).stop({ graceful: false }),
    start: (stage) => startPeer(stage, 'pg-boss', isTunedVariable(how)),
    fill: async (stage, count, from) => {
      const client = await stage.bookings.connect();
      await client.query('begin');
      const executeSql: Execute = (text, values) => client.query(text, values);
      for (let done = 0; done < count; done += CHUNK) {
        const { rows } = await client.query<{ envelope: object }>(
          'select envelope from bench_events where n > $2 order by n limit $1',
          [Math.min(CHUNK, count - done), from + done],
        );
        const jobs = rows.map(({ envelope }) => ({ data: envelope }));
        await senderOf(stage).insert('publish', jobs, { db: { executeSql } });
      }
      return async () => {
        await client.query('commit');
        client.release();
      };
    },
    isEmpty: (stage) => isNone(stage, "select from pgboss.job where name = 'publish' and state < 'completed'"),
    empty: async (stage) => void (await senderOf(stage).deleteAllJobs('publish')),
    insertOne: async (stage, event) => void (await senderOf(stage).send('publish', event)),
  };
};

const table = {
  outboxOrInbox: 'outbox' as const,
  database: 'bookings',
  schema: 'peer',
  table: 'outbox',
  listenerRole: 'bookings_owner',
};
const columns = 'id, aggregate_type, aggregate_id, message_type, concurrency, payload';
/** By default it publishes one message after the other; in parallel it is fast, and keeps no order. */
const concurrencyOf = ({ isTuned }: HowUsed): string => (isTuned ? 'parallel' : 'sequential');

const common = (how: HowUsed): Pick<Relay, 'kind' | 'overSeconds' | 'fill' | 'isEmpty' | 'empty' | 'insertOne'> => ({
  kind: 'peer',
  overSeconds: SLOW_SECONDS,
  fill: ({ bookings }, count, from) =>
    insertUncommitted(
      bookings,
      `insert into peer.outbox (${columns})
       select message_id, 'booking', aggregate_id, type, '${concurrencyOf(how)}', envelope
       from bench_events where n > $2 order by n limit $1`,
      [count, from],
    ),
  isEmpty: (stage) => isNone(stage, 'select from peer.outbox where processed_at is null'),
  empty: async ({ bookings }) => void (await bookings.query('truncate peer.outbox')),
  insertOne: async ({ bookings }, event) => {
    await bookings.query({
      name: 'one-pg-transactional-outbox',
      text: `insert into peer.outbox (${columns}) values ($1, 'booking', $2, $3, '${concurrencyOf(how)}', $4)`,
      values: [event.id, event.subject, event.type, JSON.stringify(event)],
    });
  },
});

const pgTransactionalOutbox = (how: HowUsed): Relay => ({
  name: named('pg-transactional-outbox', how),
  ...common(how),
  prepare: async ({ bookings }) => {
    await bookings.query(DatabaseSetup.dropAndCreateTable(table));
    await bookings.query(DatabaseSetup.createPollingFunction({ ...table, nextMessagesName: 'next_messages' }));
    await bookings.query(DatabaseSetup.setupPollingIndexes({ ...table, nextMessagesName: 'next_messages' }));
  },
  start: (stage) => startPeer(stage, 'pg-transactional-outbox', isTunedVariable(how)),
});

const pgTransactionalOutboxByReplication = (how: HowUsed): Relay => {
  const slot = `peer_${randomUUID().slice(0, 8)}`;
  return {
    name: named('pg-transactional-outbox by replication', how),
    ...common(how),
    prepare: async ({ bookings }) => {
      await bookings.query(DatabaseSetup.dropAndCreateTable(table));
      await bookings.query("create publication peer_outbox for table peer.outbox with (publish = 'insert')");
      // replication slots belong to the server; only an administrator can grant their use
      const administrator = await connected(testBacking().postgres.adminUrl);
      await administrator.query(`alter role ${table.listenerRole} with replication`);
      await administrator.end();
      await bookings.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
    },
    start: (stage) => startPeer(stage, 'pg-transactional-outbox', { ...isTunedVariable(how), REPLICATION: slot }),
    finish: async ({ bookings }) => void (await bookings.query('select pg_drop_replication_slot($1)', [slot])),
  };
};

export const relayPeers: readonly Relay[] = [
  graphileWorker({ isTuned: true }),
  graphileWorker({ isTuned: false }),
  pgBoss({ isTuned: true }),
  pgBoss({ isTuned: false }),
  pgTransactionalOutbox({ isTuned: true }),
  pgTransactionalOutbox({ isTuned: false }),
  pgTransactionalOutboxByReplication({ isTuned: true }),
  pgTransactionalOutboxByReplication({ isTuned: false }),
];
