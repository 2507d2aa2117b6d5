import { connect } from 'amqplib';
import pg from 'pg';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createDatabase, databaseName, dropDatabases } from '@mentor-sessions/local-stack/databases';
import { createVhost } from '@mentor-sessions/local-stack/vhosts';
import { readSql } from '../src/sql.ts';

/** A vhost with the subscriber `reviews`, a channel that publishes as its owner, and a database with the subscriber's tables. */
export const openSubscriberStage = async () => {
  const { broker, postgres } = testBacking();
  const vhost = await createVhost(broker, { subscribers: ['reviews'] });
  const admin = await connect(vhost.amqpUrl);
  const wire = await admin.createConfirmChannel();
  await wire.assertExchange('mentoring.events', 'topic', { durable: true });
  const database = await createDatabase(postgres.adminUrl, 'reviews');
  const owner = new pg.Client({ connectionString: database.adminDatabaseUrl });
  await owner.connect();
  await owner.query(readSql(new URL('subscriber.sql', import.meta.url)));
  const close = async (): Promise<void> => {
    await admin.close();
    await owner.end();
    await vhost.close();
    await dropDatabases(postgres.adminUrl, [databaseName(database.databaseUrl)]);
  };
  return { vhost, amqpUrl: vhost.urls['reviews'] ?? '', wire, database, owner, close };
};

export type SubscriberStage = Awaited<ReturnType<typeof openSubscriberStage>>;
