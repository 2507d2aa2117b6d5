import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import type { ConfirmChannel } from 'amqplib';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createVhost } from '../src/vhosts.ts';
import type { Vhost } from '../src/vhosts.ts';

const exchange = 'mentoring.events';
let vhost: Vhost;

/** Runs it on a channel of its own, as that user; gives what the broker had against it. */
const attempt = async (
  user: string,
  act: (channel: ConfirmChannel) => Promise<unknown>,
): Promise<string | undefined> => {
  const connection = await connect(user === 'developer' ? vhost.amqpUrl : (vhost.urls[user] ?? ''));
  let refusal: string | undefined;
  connection.on('error', (error: Error) => (refusal ??= error.message));
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', (error: Error) => (refusal ??= error.message));
    await act(channel);
  } catch (error) {
    refusal ??= String(error);
  } finally {
    await connection.close().catch(() => undefined);
  }
  return refusal;
};

const publish = (to: string, key: string, userId?: string) => async (channel: ConfirmChannel) => {
  channel.publish(to, key, Buffer.from('{}'), userId === undefined ? {} : { userId });
  await channel.waitForConfirms();
};

beforeAll(async () => {
  vhost = await createVhost(testBacking().broker);
  const made = await attempt('developer', async (channel) => {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.assertQueue('sessions.booking-accepted');
  });
  expect(made).toBeUndefined();
});
afterAll(() => vhost.close());

describe('a service publishes its own events only', () => {
  test.each([
    ['bookings', 'booking.accepted'],
    ['sessions', 'session.completed'],
  ])('%s may publish %s', async (user, key) => {
    await expect(attempt(user, publish(exchange, key, user))).resolves.toBeUndefined();
  });

  test.each([
    ['sessions', 'booking.accepted'],
    ['bookings', 'session.completed'],
  ])('%s may not publish %s', async (user, key) => {
    await expect(attempt(user, publish(exchange, key))).resolves.toMatch(/ACCESS_REFUSED|403/);
  });

  test.each(['bookings', 'sessions'])('%s may not publish through the default exchange', async (user) => {
    await expect(attempt(user, publish('', 'sessions.booking-accepted'))).resolves.toMatch(/ACCESS_REFUSED|403/);
  });

  test('no service may publish in the name of the other', async () => {
    await expect(attempt('sessions', publish(exchange, 'session.started', 'bookings'))).resolves.toMatch(/406|user_id/);
  });

  test('the development administrator may', async () => {
    await expect(attempt('developer', publish(exchange, 'booking.accepted', 'bookings'))).resolves.toBeUndefined();
  });
});

describe('a service has access only to its own queues', () => {
  test('sessions declares, binds and deletes a queue that begins with its name', async () => {
    const refusal = await attempt('sessions', async (channel) => {
      await channel.assertExchange(exchange, 'topic', { durable: true });
      await channel.assertQueue('sessions.trial');
      await channel.bindQueue('sessions.trial', exchange, 'booking.accepted');
      await channel.deleteQueue('sessions.trial');
    });
    expect(refusal).toBeUndefined();
  });

  test.each([
    ['read', (channel: ConfirmChannel) => channel.get('sessions.booking-accepted')],
    ['purge', (channel: ConfirmChannel) => channel.purgeQueue('sessions.booking-accepted')],
    ['delete', (channel: ConfirmChannel) => channel.deleteQueue('sessions.booking-accepted')],
    ['declare', (channel: ConfirmChannel) => channel.assertQueue('sessions.other')],
  ])('bookings may not %s a queue of sessions', async (_, act) => {
    await expect(attempt('bookings', act)).resolves.toMatch(/ACCESS_REFUSED|403/);
  });
});
