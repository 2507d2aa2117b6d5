import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createPublisher, type OutgoingEnvelope, type Publisher } from '../src/index.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, spy, topology, type ThirdService } from './third-service.ts';

let service: ThirdService;
let wire: Awaited<ReturnType<typeof spy>>;
beforeAll(async () => {
  service = await createThirdService();
});
beforeEach(async () => {
  await service.permit('^review\\.written$');
  wire = await spy(service.adminAmqpUrl, 'review.#');
});
afterEach(async () => {
  await service.stop();
  await wire.close();
  await service.db.query('delete from outbox');
});
afterAll(() => service.close());

const reviewHidden = (over: Partial<OutgoingEnvelope> = {}) => reviewWritten({ type: 'review.hidden', ...over });
const many = (count: number) => Array.from({ length: count }, () => reviewWritten());

type Row = { message_id: string; attempts: number; last_error: string | null; retry_at: Date | null };
const waiting = () => service.db.query<Row>('select * from outbox order by position');
const outboxHas = (count: number, timesTried = 0) =>
  eventually(
    async () => {
      const rows = await waiting();
      return rows.length === count && (rows[0]?.attempts ?? 0) >= timesTried ? rows : null;
    },
    { describe: `${count} rows in the outbox, the first tried ${timesTried} times` },
  );
const seen = (id: string): number => wire.seen.filter((event) => event.id === id).length;

test('an event of a refused type is parked with the broker’s message; others are published, its own aggregate waits', async () => {
  const subject = randomUUID();
  const refused = reviewHidden({ subject });
  const behind = reviewWritten({ subject, sequence: '0000000002' });
  const others = many(300);
  await service.enqueue(...others.slice(0, 150), refused, behind, ...others.slice(150));
  await service.startRelay({ mustReachAQueue: false });
  const [row, next] = await outboxHas(2, 2);
  expect(row).toMatchObject({ message_id: refused.id, last_error: expect.stringContaining("topic 'review.hidden'") });
  expect(row?.retry_at).toBeInstanceOf(Date);
  expect(next).toMatchObject({ message_id: behind.id, attempts: 0, last_error: null });
  const copies = others.map(({ id }) => seen(id));
  expect([Math.min(...copies), seen(refused.id), seen(behind.id)]).toEqual([1, 0, 0]);
  expect(Math.max(...copies)).toBeLessThanOrEqual(3);
});

test('once the type is permitted the event is published automatically, and later events of its aggregate follow', async () => {
  const subject = randomUUID();
  const [refused, behind] = [reviewHidden({ subject }), reviewWritten({ subject, sequence: '0000000002' })];
  await service.enqueue(refused, behind);
  await service.startRelay({ mustReachAQueue: false });
  await outboxHas(2, 1);
  await service.permit('^review\\..*');
  await outboxHas(0);
  expect(wire.seen.filter((event) => event.subject === subject).map(({ id }) => id)).toEqual([refused.id, behind.id]);
});

test('many events of a refused type do not delay others, and few of them are tried', async () => {
  await service.enqueue(...Array.from({ length: 1_200 }, () => reviewHidden()));
  await service.startRelay({ mustReachAQueue: false });
  await eventually(async () => (await waiting()).every(({ retry_at: again }) => again !== null));
  const others = many(300);
  await service.enqueue(...others);
  await outboxHas(1_200);
  expect(others.map(({ id }) => seen(id))).toEqual(others.map(() => 1));
});

test('nothing is published until rows can be moved, and what was published before is not repeated', async () => {
  const first = many(20);
  await service.startRelay({ mustReachAQueue: false });
  await service.enqueue(...many(1));
  await outboxHas(0);
  await service.asOwner('revoke insert on outbox_published from reviews_app');
  await service.enqueue(...first);
  await eventually(() => first.every(({ id }) => seen(id) > 0), { describe: 'published and not moved' });
  const later = many(20);
  await service.enqueue(...later);
  const failures = () => service.logged('outbox could not be read or moved');
  const before = failures();
  await eventually(() => failures() >= before + 4, { describe: 'some more tries' });
  expect([...first, ...later].map(({ id }) => seen(id))).toEqual([...first.map(() => 1), ...later.map(() => 0)]);
  await service.asOwner('grant insert on outbox_published to reviews_app');
  await outboxHas(0);
  expect([...first, ...later].map(({ id }) => seen(id))).toEqual([...first, ...later].map(() => 1));
});

describe('a publisher', () => {
  let publisher: Publisher;
  beforeEach(async () => {
    const broker = { urls: [service.amqpUrl], name: 'reviews' };
    publisher = createPublisher({ broker, topology, contentType: 'application/json', log: service.log });
    await publisher.start();
    await publisher.whenReady(10_000);
  });
  afterEach(() => publisher.stop());

  const message = (headers?: Record<string, unknown>, routingKey = 'review.written') => ({
    messageId: randomUUID(),
    routingKey,
    body: Buffer.from('{}'),
    ...(headers ? { headers } : {}),
  });

  // 406; a header that the client cannot encode; a routing key that no frame holds
  test.each([
    ['a property that the broker does not take', message({ CC: 'not a list' }), /invalid|PRECONDITION/i],
    ['headers that do not fit into a frame', message({ large: 'x'.repeat(200_000) }), /./],
    ['a routing key that is too long', message(undefined, 'x'.repeat(300)), /./],
  ])('%s is refused alone, whatever is in flight beside it', async (_, refused, words) => {
    const others = Array.from({ length: 400 }, () => message());
    const sent = [...others.slice(0, 200), refused, ...others.slice(200)].map((each) => publisher.publish(each));
    const outcomes = await Promise.all(sent);
    expect(String(outcomes[200])).toMatch(/^refused/);
    expect(String(outcomes[200])).toMatch(words);
    expect(outcomes.toSpliced(200, 1).every((outcome) => outcome === 'returned' || outcome === 'confirmed')).toBe(true);
  });
});
