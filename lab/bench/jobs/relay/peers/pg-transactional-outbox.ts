import { randomUUID } from 'node:crypto';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import pg from 'pg';
import { DatabaseSetup } from 'pg-transactional-outbox';
import type { Relay } from '../relay.ts';
import { fillBy, isNone, isTunedVariable, named, SLOW_SECONDS, startPeer, type HowUsed } from './peer.ts';

const table = {
  outboxOrInbox: 'outbox' as const,
  database: 'bookings',
  schema: 'peer',
  table: 'outbox',
  listenerRole: 'bookings_owner',
};
const columns = 'id, aggregate_type, aggregate_id, message_type, concurrency, payload';
/** By default its messages go one after the other; side by side they have no order, which is what makes it fast. */
const concurrencyOf = ({ isTuned }: HowUsed): string => (isTuned ? 'parallel' : 'sequential');

const common = (how: HowUsed): Pick<Relay, 'kind' | 'overSeconds' | 'fill' | 'isEmpty' | 'empty' | 'insertOne'> => ({
  kind: 'peer',
  overSeconds: SLOW_SECONDS,
  fill: (stage, count, from) =>
    fillBy(
      stage,
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

export const pgTransactionalOutbox = (how: HowUsed): Relay => ({
  name: named('pg-transactional-outbox', how),
  ...common(how),
  prepare: async ({ bookings }) => {
    await bookings.query(DatabaseSetup.dropAndCreateTable(table));
    await bookings.query(DatabaseSetup.createPollingFunction({ ...table, nextMessagesName: 'next_messages' }));
    await bookings.query(DatabaseSetup.setupPollingIndexes({ ...table, nextMessagesName: 'next_messages' }));
  },
  start: (stage) => startPeer(stage, 'pg-transactional-outbox', isTunedVariable(how)),
});

/** A replication slot is the server's, and only an administrator may let others use one. */
const asAdministrator = async (text: string): Promise<void> => {
  const client = new pg.Client({ connectionString: testBacking().postgres.adminUrl });
  await client.connect();
  await client.query(text);
  await client.end();
};

export const pgTransactionalOutboxByReplication = (how: HowUsed): Relay => {
  const slot = `peer_${randomUUID().slice(0, 8)}`;
  return {
    name: named('pg-transactional-outbox by replication', how),
    ...common(how),
    prepare: async ({ bookings }) => {
      await bookings.query(DatabaseSetup.dropAndCreateTable(table));
      await bookings.query("create publication peer_outbox for table peer.outbox with (publish = 'insert')");
      await asAdministrator(`alter role ${table.listenerRole} with replication`);
      await bookings.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
    },
    start: (stage) => startPeer(stage, 'pg-transactional-outbox', { ...isTunedVariable(how), REPLICATION: slot }),
    finish: async ({ bookings }) => void (await bookings.query('select pg_drop_replication_slot($1)', [slot])),
  };
};
