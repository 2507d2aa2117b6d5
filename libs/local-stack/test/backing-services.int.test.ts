import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import type { Backing } from '../src/backing.ts';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { query } from '../src/databases.ts';

let backing: Backing;
beforeAll(async () => {
  backing = await startPrivateBacking();
}, 180_000);
afterAll(() => backing.stop());

const ask = (text: string) => query(backing.postgres.adminUrl, text);

const countMessages = async (): Promise<number> => {
  const connection = await connect(backing.broker.amqpUrl);
  try {
    const channel = await connection.createChannel();
    return (await channel.checkQueue('kept')).messageCount;
  } finally {
    await connection.close();
  }
};

describe.each(['stop', 'kill'] as const)('after %s and start', (how) => {
  test('PostgreSQL has the same port and data, and is away in between', async () => {
    await ask('create table if not exists kept (text text)');
    await ask(`insert into kept values ('${how}')`);
    await backing.postgres[how]();
    await expect(ask('select 1')).rejects.toThrow();
    await backing.postgres.start();
    await expect(ask(`select text from kept where text = '${how}'`)).resolves.toEqual([{ text: how }]);
  });

  test('RabbitMQ has the same port and its durable messages, and is away in between', async () => {
    const connection = await connect(backing.broker.amqpUrl);
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('kept', { durable: true });
    await channel.purgeQueue('kept');
    channel.sendToQueue('kept', Buffer.from(how), { persistent: true });
    await channel.waitForConfirms();
    await backing.broker[how]();
    await expect(countMessages()).rejects.toThrow();
    await backing.broker.start();
    await expect(countMessages()).resolves.toBe(1);
  }, 120_000);
});
