import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Database } from '@mentor-sessions/service-kit/database';
import { OutcomeUnknown } from '@mentor-sessions/service-kit/errors';
import { enqueue } from '../src/index.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, spy, topology, type ThirdService } from './third-service.ts';

let service: ThirdService;
beforeAll(async () => {
  service = await createThirdService();
});
afterEach(() => service.stop());
afterAll(() => service.close());

const waiting = async () => service.db.query('select * from outbox order by position');
const outboxIsEmpty = () =>
  eventually(async () => ((await waiting()).length === 0 ? true : false), { describe: 'the outbox is empty' });

test('committed events are published once and move to outbox_published; rolled-back ones never do', async () => {
  const wire = await spy(service.adminAmqpUrl, 'review.#');
  await service.startRelay({ mustReachAQueue: false });
  const [kept, lost] = [reviewWritten(), reviewWritten()];
  await service.enqueue(kept);
  await service.db
    .transaction(async (tx) => {
      await enqueue(tx, [lost]);
      throw new Error('rolled back');
    })
    .catch(() => undefined);
  await outboxIsEmpty();
  expect(wire.seen.filter(({ id }) => id === kept.id)).toEqual([kept]);
  expect(wire.seen.some(({ id }) => id === lost.id)).toBe(false);
  const published = await service.db.query('select envelope from outbox_published where message_id = $1', [kept.id]);
  expect(published).toEqual([{ envelope: kept }]);
  await wire.close();
});

test('with four relays every message arrives, and first deliveries of each aggregate are in order', async () => {
  const wire = await spy(service.adminAmqpUrl, 'review.#');
  const aggregates = Array.from({ length: 60 }, () => randomUUID());
  for (let n = 0; n < 4; n++) await service.startRelay({ mustReachAQueue: false });
  for (let sequence = 1; sequence <= 20; sequence++) {
    const events = aggregates.map((subject) =>
      reviewWritten({ subject, sequence: String(sequence).padStart(10, '0') }),
    );
    await service.enqueue(...events);
  }
  await outboxIsEmpty();
  await eventually(() => new Set(wire.seen.map(({ id }) => id)).size >= 1_200, { describe: 'all on the wire' });
  const firstCopies = [...new Map(wire.seen.toReversed().map((event) => [event.id, event])).values()].toReversed();
  for (const subject of aggregates) {
    const sequences = firstCopies.filter((event) => event.subject === subject).map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  }
  await wire.close();
});

test('a published event that is written to the outbox again is published again, even if a commit was not answered', async () => {
  const wire = await spy(service.adminAmqpUrl, 'review.#');
  let isAnswered = false;
  const database: Database = {
    ...service.db,
    transaction: async (work) => {
      const result = await service.db.transaction(work);
      if (!isAnswered) throw new OutcomeUnknown('The response to COMMIT was lost.');
      return result;
    },
  };
  await service.startRelay({ mustReachAQueue: false, database });
  const event = reviewWritten();
  await service.enqueue(event);
  await outboxIsEmpty();
  isAnswered = true;
  await service.asOwner(`insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, aggregate_id, sequence, type, lane, envelope from outbox_published where message_id = '${event.id}'`);
  await outboxIsEmpty();
  await eventually(() => wire.seen.filter(({ id }) => id === event.id).length === 2, { describe: 'both on the wire' });
  await wire.close();
});

test('idle relays find rows without a notification', async () => {
  await service.startRelay({ mustReachAQueue: false });
  await service.enqueue(reviewWritten());
  await outboxIsEmpty();
  await service.db.transaction((tx) => enqueue(tx, [reviewWritten()]));
  await outboxIsEmpty();
});

test('an event that reaches no queue waits until one is bound', async () => {
  const unheard = reviewWritten();
  await service.startRelay({ topology: { ...topology, queues: [] } });
  await deleteQueue();
  await service.enqueue(unheard);
  await eventually(async () => (await service.db.query('select 1')).length === 1 && (await waiting()).length === 1);
  const wire = await spy(service.adminAmqpUrl, 'review.written');
  await outboxIsEmpty();
  await eventually(() => wire.seen.some(({ id }) => id === unheard.id), { describe: 'the message that waited' });
  await wire.close();
});

test('a message above the limit is parked and delays only its own aggregate', async () => {
  const wire = await spy(service.adminAmqpUrl, 'review.#');
  const subject = randomUUID();
  const large = reviewWritten({ subject, data: { text: 'x'.repeat(5_000) } });
  const behind = reviewWritten({ subject, sequence: '0000000002' });
  const other = reviewWritten();
  await service.startRelay({ mustReachAQueue: false, maxBodyBytes: 4_000 });
  await service.enqueue(large, behind, other);
  await eventually(() => wire.seen.some(({ id }) => id === other.id), { describe: 'the other aggregate’s event' });
  const rows = await eventually(async () => {
    const left = await waiting();
    return left.length === 2 && left[0]?.['parked_at'] ? left : null;
  });
  expect(rows.map((row) => [row['message_id'], row['parked_at'] !== null])).toEqual([
    [large.id, true],
    [behind.id, false],
  ]);
  expect(rows[0]?.['last_error']).toMatch(/larger than 4000 bytes/);
  await service.db.query('delete from outbox');
  await wire.close();
});

test('an event that a full queue nacks is parked, few copies reach other queues, and it is published when there is room', async () => {
  const wire = await spy(service.adminAmqpUrl, 'review.#');
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  const full = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
  await channel.assertQueue('full', { durable: true, arguments: full });
  await channel.bindQueue('full', 'mentoring.events', '#');
  await service.enqueue(...Array.from({ length: 5 }, () => reviewWritten()));
  await service.startRelay();
  const parked = await eventually(async () => {
    const rows = await service.db.query<{ last_error: string }>('select * from outbox where retry_at is not null');
    return rows.length >= 3 ? rows : null;
  });
  expect(parked.map(({ last_error: reason }) => reason)).toEqual(parked.map(() => expect.stringMatching(/^nacked/)));
  const copies = Map.groupBy(wire.seen, ({ id }) => id).values();
  expect(Math.max(...copies.map(({ length }) => length))).toBeLessThanOrEqual(4);
  await channel.deleteQueue('full');
  await outboxIsEmpty();
  await connection.close();
  await wire.close();
});

test('a deleted exchange is declared again, and messages in flight arrive', async () => {
  await service.startRelay({ mustReachAQueue: false });
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await eventually(() => channel.checkExchange('mentoring.events'));
  await channel.deleteExchange('mentoring.events');
  await service.enqueue(reviewWritten());
  await outboxIsEmpty();
  await connection.close();
});

const deleteQueue = async (): Promise<void> => {
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await channel.deleteQueue('reviews.review-written');
  await connection.close();
};

test('the trace of what caused an event is in its AMQP header too, whether or not the relay exports spans', async () => {
  const admin = await connect(service.adminAmqpUrl);
  const channel = await admin.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.assertExchange(topology.exchange.name, topology.exchange.type, { durable: true });
  await channel.bindQueue(queue, topology.exchange.name, 'review.#');
  await service.startRelay({ mustReachAQueue: false });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const [traced, plain] = [reviewWritten({ traceparent }), reviewWritten({ traceparent: 'none' })];
  await service.enqueue(traced, plain);
  const headers = new Map<string, unknown>();
  await eventually(async () => {
    const message = await channel.get(queue, { noAck: true });
    if (message) headers.set(String(message.properties.messageId), message.properties.headers);
    return headers.size === 2;
  });
  expect([headers.get(traced.id), headers.get(plain.id)]).toEqual([{ traceparent }, {}]);
  await admin.close();
});
