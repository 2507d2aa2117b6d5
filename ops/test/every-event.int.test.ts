import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { catalogue, envelopeOf, type EventDefinition } from '@mentor-sessions/contracts';
import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import { acceptedBooking } from '../../lab/e2e/bookings.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let ops: Ops;
let ids: { bookingId: string; sessionId: string };
beforeAll(async () => {
  world = await createWorld();
  ops = opsWith(opsEnvironment(world.stack));
  const [api] = await world.startReady('bookings api');
  const { id: bookingId, sessionId } = await acceptedBooking(world.client(api!));
  ids = { bookingId, sessionId };
}, 60_000);
afterAll(() => world.close(), 60_000);

/** Published now. Returns its id. */
const publish = async (event: EventDefinition): Promise<string> => {
  const { subject, data } = event.example(ids, randomUUID);
  const message = envelopeOf(event, {
    id: randomUUID(),
    subject,
    time: new Date().toISOString(),
    sequence: 1,
    correlationId: ids.bookingId,
    data,
  });
  await world.rows[event.source === '/bookings' ? 'bookings' : 'sessions'].query(
    `insert into outbox_published (position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, published_at)
      values (1, $1, $2, 1, $3, 0, $4, now(), now())`,
    [message.id, subject, event.type, JSON.stringify(message)],
  );
  return message.id;
};

const because = ['--because', 'tests'];

test.each(catalogue.map((event) => [event.dataschema, event] as const))(
  '%s is in the timeline and is resent to one queue',
  async (_, event) => {
    const { type } = event;
    const messageId = await publish(event);
    const { steps } = json(await ops('trace', ids.bookingId));
    expect(steps).toContainEqual(expect.objectContaining({ what: 'event published', detail: type, messageId }));

    const mine = await subscribe(world.stack.amqpUrl, { queue: `mine.${type}`, routingKeys: [] });
    const resend = ['events', 'resend', '--type', type, '--queue', `mine.${type}`, '--since', '1h', ...because];
    expect(json(await ops(...resend))).toEqual({ matching: 1, sent: 1 });
    expect(mine.received.map(({ event: received }) => received.id)).toEqual([messageId]);
  },
);
