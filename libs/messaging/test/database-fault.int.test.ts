import { connect, type Channel } from 'amqplib';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { sampleMessage, type Message } from '../src/index.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
let owner: pg.Client;
let channel: Channel;
let close: () => Promise<void>;

beforeAll(async () => {
  service = await createThirdService();
  owner = new pg.Client({ connectionString: service.adminDatabaseUrl });
  await owner.connect();
  await owner.query(`create function refuses() returns trigger language plpgsql as $$ begin
    if new.text like 'refused %' then raise exception 'content' using errcode = split_part(new.text, ' ', 2); end if;
    return new; end $$`);
  await owner.query('create trigger refuses before insert on reviews for each row execute function refuses()');
  const connection = await connect(service.adminAmqpUrl);
  channel = await connection.createChannel();
  close = () => connection.close();
});
afterEach(() => service.stop());
afterAll(async () => {
  await close();
  await owner.end();
  await service.close();
});

const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};
const sample = (type: string): Message<Review> => sampleMessage(type, { text: 'sample' });
const publish = (...reviews: ReturnType<typeof reviewWritten>[]): void => {
  for (const review of reviews) {
    const properties = { messageId: review.id, userId: 'reviews', type: review.type };
    channel.publish('mentoring.events', 'review.written', Buffer.from(JSON.stringify(review)), properties);
  }
};
const written = (...texts: string[]) => texts.map((text) => reviewWritten({ data: { text } }));
const started = async (over: Parameters<ThirdService['startConsumer']>[1]) => {
  const consumer = await service.startConsumer(insertReviews, over);
  await eventually(() => consumer.isReady(), { describe: 'the consumer is registered' });
  return consumer;
};
const haveEffect = (reviews: readonly { id: string }[]) =>
  eventually(
    async () => {
      const ids = reviews.map(({ id }) => id);
      return (await owner.query('select from reviews where id = any($1::uuid[])', [ids])).rowCount === ids.length;
    },
    { describe: 'each message has its effect', within: 40_000 },
  );
const deadLettersOf = async (reviews: readonly { id: string }[]) => {
  const ids = reviews.map(({ id }) => id);
  const sql = 'select message_id, reason, last_error from dead_letters where message_id = any($1) order by 1';
  return (await owner.query<{ reason: string; last_error: string }>(sql, [ids])).rows;
};

const outages: [string, string, string][] = [
  ['a privilege is revoked', 'revoke insert on reviews from reviews_app', 'grant insert on reviews to reviews_app'],
  ['a relation is missing', 'alter table reviews rename to gone', 'alter table gone rename to reviews'],
  [
    'a constraint refuses every row',
    "alter table reviews add constraint none check (text = 'none') not valid",
    'alter table reviews drop constraint none',
  ],
  [
    'every insert raises an internal error',
    `create function breaks() returns trigger language plpgsql as $$ begin raise exception 'broken' using errcode = 'XX000'; end $$;
     create trigger breaks before insert on reviews for each row execute function breaks()`,
    'drop trigger breaks on reviews; drop function breaks()',
  ],
];

test.each(outages)(
  '%s: the queue waits, it counts against no message, and all are handled later',
  async (_what, harm, repair) => {
    const consumer = await started({ sample });
    const reviews = written(...Array<string>(30).fill('good'));
    await owner.query(harm);
    try {
      publish(...reviews);
      await eventually(() => !consumer.isReady(), { describe: 'the consumer is not ready' });
      await eventually(async () => (await channel.checkQueue(queue.name)).messageCount > 0, {
        describe: 'they are back in the queue',
      });
    } finally {
      await owner.query(repair);
    }
    await haveEffect(reviews);
    expect(await deadLettersOf(reviews)).toEqual([]);
    await eventually(() => consumer.isReady());
  },
);

test('messages that wait for the database are requeued once, not repeatedly', async () => {
  const consumer = await started({ sample });
  const [review] = written('good');
  await owner.query('revoke insert on reviews from reviews_app');
  try {
    publish(review!);
    await eventually(() => !consumer.isReady());
    const delivered = await eventually(async () => (await channel.get(queue.name)) || null);
    const { headers } = delivered.properties;
    expect(headers?.['x-acquired-count'] ?? headers?.['x-delivery-count']).toBe(1); // which, depends on RabbitMQ
    channel.nack(delivered);
    for (let look = 0; look < 5; look++) {
      const { consumerCount, messageCount } = await channel.checkQueue(queue.name);
      expect([consumerCount, messageCount]).toEqual([0, 1]); // no consumer takes it while the database refuses the sample
    }
  } finally {
    await owner.query('grant insert on reviews to reviews_app');
  }
  await haveEffect([review!]);
});

test.each([
  ['with a sample', { sample }],
  ['without one', {}],
])('%s, a message that alone fails is dead-lettered, and the others are handled', async (_how, over) => {
  await started(over);
  const codes = ['54000', '54001', 'XX000', 'P0001', '22021', '23514', '0A000'];
  const poison = written(...codes.map((code) => `refused ${code}`));
  const good = written(...Array<string>(40).fill('good'));
  publish(...good.slice(0, 20), ...poison, ...good.slice(20));
  await haveEffect(good);
  await eventually(
    async () => {
      // neighbours: without a sample they are what shows that the database serves
      const more = written('good');
      publish(...more);
      await haveEffect(more);
      return (await deadLettersOf(poison)).length === poison.length;
    },
    { describe: 'the poison are kept', within: 30_000, every: 500 },
  );
  for (const deadLetter of await deadLettersOf(poison)) expect(deadLetter).toMatchObject({ reason: 'handler-failed' });
});

test('a message that is alone in the queue is dead-lettered too, since a sample is handled', async () => {
  await started({ sample });
  const [poison] = written('refused 42501');
  publish(poison!);
  await eventually(async () => (await deadLettersOf([poison!])).length === 1, { within: 30_000 });
  expect(await deadLettersOf([poison!])).toMatchObject([{ reason: 'handler-failed' }]);
});

test('dead letters that cannot be stored wait and block no other message', async () => {
  await started({ sample });
  const poison = reviewWritten({ data: {} as Review });
  const good = written('good', 'good');
  await owner.query('revoke insert on dead_letters from reviews_app');
  try {
    publish(poison, ...good);
    await haveEffect(good);
    expect(await deadLettersOf([poison])).toEqual([]);
  } finally {
    await owner.query('grant insert on dead_letters to reviews_app');
  }
  await eventually(async () => (await deadLettersOf([poison])).length === 1, { within: 40_000 });
});
