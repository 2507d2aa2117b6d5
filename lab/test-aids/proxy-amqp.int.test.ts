import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import {
  isAck,
  isConfirm,
  isDelivery,
  isPublish,
  openTcpProxy,
  type FrameMatcher,
  type TcpProxy,
} from './proxy/tcp-proxy.ts';
import { testBacking } from './test-stack.ts';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';

let vhost: Vhost;
let proxy: TcpProxy;
let direct: ChannelModel;
let behind: ConfirmChannel; // past the proxy
const queue = 'proxied';

beforeAll(async () => {
  vhost = await createVhost(testBacking().broker);
  direct = await connect(vhost.amqpUrl);
  behind = await direct.createConfirmChannel();
  await behind.assertQueue(queue, { arguments: { 'x-queue-type': 'quorum' } });
});
beforeEach(async () => {
  const { hostname, port } = new URL(vhost.amqpUrl);
  proxy = await openTcpProxy({ target: { host: hostname, port: Number(port) }, protocol: 'amqp' });
});
afterEach(async () => {
  await proxy.close();
  // unacknowledged messages return to the queue when their consumer is gone, not before
  await eventually(async () => (await behind.checkQueue(queue)).consumerCount === 0);
  await behind.purgeQueue(queue);
});
afterAll(async () => {
  await direct.close();
  await vhost.close();
});

const open = async () => {
  const connection = await connect(proxy.through(vhost.amqpUrl), { noDelay: true });
  const over = Promise.withResolvers<string>();
  connection.on('error', (error: Error) => over.resolve(error.message));
  connection.on('close', () => over.resolve('closed'));
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  return { connection, channel, over: over.promise };
};
/** Resolves with the outcome as the publisher sees it. */
const publish = (channel: ConfirmChannel, body: Buffer | string): Promise<string> =>
  new Promise((resolve) => {
    const confirmed = (error: unknown) => resolve(error ? 'no confirm' : 'confirmed');
    channel.sendToQueue(queue, Buffer.from(body), { persistent: true }, confirmed);
  });
const inQueue = async (): Promise<string[]> => {
  const bodies: string[] = [];
  for (let message = await behind.get(queue); message; message = await behind.get(queue)) {
    behind.ack(message);
    bodies.push(message.content.toString());
  }
  return bodies;
};
const ready = async () => (await behind.checkQueue(queue)).messageCount;
const pending = (work: Promise<unknown>) =>
  Promise.race([work.then(() => 'over'), behind.checkQueue(queue).then(() => 'pending')]);

describe('a slow network', () => {
  test.each([
    ['latency', () => proxy.latency(10, 10)],
    ['slices of one byte', () => proxy.slice(1)],
    ['slices and latency', () => (proxy.latency(5, 5), proxy.slice(7))],
    ['little bandwidth', () => proxy.bandwidth(200_000)],
  ])('with %s publishes, confirms and delivers the same', async (_, make) => {
    make();
    const { channel } = await open();
    const bodies = ['', 'one', 'x'.repeat(1_000)];
    expect(await Promise.all(bodies.map((body) => publish(channel, body)))).toEqual(bodies.map(() => 'confirmed'));
    const got: string[] = [];
    await channel.consume(queue, (message) => {
      got.push(String(message?.content));
      if (message) channel.ack(message);
    });
    await eventually(() => got.length === bodies.length);
    expect(got).toEqual(bodies);
  });
});

describe('a black hole', () => {
  test('leaves a publish without a confirm on an open connection, and the queue empty', async () => {
    const { channel, over } = await open();
    proxy.blackHole();
    const published = publish(channel, 'one');
    expect([await pending(published), await pending(over), await ready()]).toEqual(['pending', 'pending', 0]);
    proxy.heal();
    expect(await over).toMatch(/ECONNRESET|Unexpected close/);
  });

  test('downwards passes the message and blocks its confirm', async () => {
    const { channel } = await open();
    proxy.blackHole('down');
    const published = publish(channel, 'one');
    await eventually(async () => (await ready()) === 1);
    expect(await pending(published)).toBe('pending');
  });

  test('upwards blocks acknowledgements and passes deliveries', async () => {
    const { channel } = await open();
    let got = 0;
    await channel.consume(queue, (message) => {
      got += 1;
      if (message) channel.ack(message);
    });
    proxy.blackHole('up');
    expect(await publish(behind, 'one')).toBe('confirmed');
    await eventually(() => got === 1);
    proxy.reset();
    await eventually(async () => (await ready()) === 1); // redelivered: the ack never arrived
  });
});

describe('a cut', () => {
  test('after publish: the message is in the queue, its confirm never arrives, 20 of 20', async () => {
    const cut = proxy.cutAfter(isPublish, { times: 20 });
    for (let n = 1; n <= 20; n++) {
      const { channel, over } = await open();
      expect(await publish(channel, 'x'.repeat(n * 10))).toBe('no confirm');
      await over;
    }
    expect(cut.hits()).toBe(20);
    expect((await inQueue()).map((body) => body.length)).toEqual(Array.from({ length: 20 }, (_, n) => (n + 1) * 10));
  });

  test('after the third of five publishes in one packet: three are in the queue', async () => {
    let seen = 0;
    proxy.cutAfter((frame) => isPublish(frame) && ++seen === 3);
    const { channel } = await open();
    const outcomes = await Promise.all(['1', '2', '3', '4', '5'].map((body) => publish(channel, body)));
    expect(outcomes.slice(2)).toEqual(['no confirm', 'no confirm', 'no confirm']);
    expect(await inQueue()).toEqual(['1', '2', '3']);
  });

  test('before publish: the message is not in the queue', async () => {
    proxy.cutBefore(isPublish);
    const { channel, over } = await open();
    expect(await publish(channel, 'x'.repeat(200_000))).toBe('no confirm');
    await over;
    expect(await ready()).toBe(0);
  });

  test.each([
    ['before its confirm', 'cutBefore', 'no confirm'],
    ['after its confirm', 'cutAfter', 'confirmed'],
  ] as const)('%s: the message is in the queue, the publisher heard: %s', async (_, how, expected) => {
    const cut = proxy[how](isConfirm);
    const { channel, over } = await open();
    expect(await publish(channel, 'one')).toBe(expected);
    await over;
    expect([await inQueue(), cut.hits()]).toEqual([['one'], 1]);
  });

  const consumed = async (match: FrameMatcher, how: 'cutBefore' | 'cutAfter'): Promise<number> => {
    expect(await publish(behind, 'one')).toBe('confirmed');
    proxy[how](match);
    const { channel, over } = await open();
    let got = 0;
    await channel.consume(queue, (message) => {
      got += 1;
      if (message) channel.ack(message);
    });
    await over;
    await eventually(async () => (await behind.checkQueue(queue)).consumerCount === 0);
    return got;
  };

  test('before ack: the message comes back', async () => {
    expect(await consumed(isAck, 'cutBefore')).toBe(1);
    await eventually(async () => (await ready()) === 1);
  });

  test('after ack: the message is removed', async () => {
    expect(await consumed(isAck, 'cutAfter')).toBe(1);
    expect(await ready()).toBe(0);
  });

  test('after delivery: the consumer has it, the broker gets no ack and redelivers it', async () => {
    expect(await consumed(isDelivery, 'cutAfter')).toBe(1);
    await eventually(async () => (await ready()) === 1);
  });

  test('in silence keeps the confirm and the connection', async () => {
    const cut = proxy.cutAfter(isPublish, { silent: true });
    const { channel, over } = await open();
    const published = publish(channel, 'one');
    await eventually(async () => (await ready()) === 1);
    expect([await pending(published), await pending(over), cut.hits()]).toEqual(['pending', 'pending', 1]);
  });
});
