import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import type { ConfirmChannel } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isRootOfLinux } from './servers/network.ts';
import { startRabbitmqCluster } from './servers/rabbitmq-cluster.ts';
import type { RabbitmqCluster } from './servers/rabbitmq-cluster.ts';
import { createVhost } from '@mentor-sessions/local-stack/vhosts';
import type { Vhost } from '@mentor-sessions/local-stack/vhosts';

const queue = 'kept';
const options = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

/** On a connection that is dropped when it is lost or silent for some seconds. */
const onChannel = async <T>(url: string, act: (channel: ConfirmChannel) => Promise<T>): Promise<T> => {
  const connection = await connect(`${url}?heartbeat=2`, { timeout: 2_000 });
  const lost = new Promise<never>((_, reject) => {
    connection.on('error', reject).once('close', () => reject(new Error('the connection was closed')));
  });
  try {
    return await Promise.race([connection.createConfirmChannel().then(act), lost]);
  } finally {
    await Promise.race([connection.close(), lost]).catch(() => undefined);
  }
};

const declare = (channel: ConfirmChannel) => channel.assertQueue(queue, options);
const publish = (text: string) => async (channel: ConfirmChannel) => {
  channel.on('error', () => undefined);
  channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  return true;
};
const takeAll = async (channel: ConfirmChannel): Promise<string[]> => {
  const texts: string[] = [];
  for (;;) {
    const message = await channel.get(queue, { noAck: true });
    if (!message) return texts;
    texts.push(message.content.toString());
  }
};

const onCluster = (): void => {
  let cluster: RabbitmqCluster;
  let vhost: Vhost;
  let urls: string[];
  beforeAll(async () => {
    cluster = await startRabbitmqCluster();
    vhost = await createVhost(cluster.backing);
    urls = vhost.amqpUrl.split(',');
    await onChannel(urls[0] as string, declare);
  }, 120_000);
  afterAll(() => cluster.close());

  const leader = () => cluster.leaderOf(vhost.name, queue);
  /** Tries node after node until one confirms. */
  const publishAnywhere = (text: string) => {
    let attempts = 0;
    const attempt = () => onChannel(urls[attempts++ % urls.length] as string, publish(text));
    return eventually(attempt, { within: 30_000, describe: `a node confirms ${text}` });
  };
  const kept = () => onChannel(urls[1] as string, takeAll);

  test('a queue declared on one node has a member on each of the three', async () => {
    await cluster.settled(vhost.name);
    await expect(Promise.all(urls.map((url) => onChannel(url, publish('to each'))))).resolves.toHaveLength(3);
    await expect(kept()).resolves.toEqual(['to each', 'to each', 'to each']);
  });

  test('a node that is paused for a moment is one of the cluster again', async () => {
    const [, , third] = cluster.nodes;
    third.pause();
    await expect(onChannel(urls[2] as string, publish('to one that is paused'))).rejects.toThrow();
    await third.resume();
    await expect(onChannel(urls[2] as string, publish('resumed'))).resolves.toBe(true);
    expect(await kept()).toContain('resumed');
  });

  test('a node that is cut off from all is out of reach of clients until the network heals', async () => {
    await cluster.isolateFromAll(cluster.nodes[2]);
    await expect(onChannel(urls[2] as string, publish('to one out of reach'))).rejects.toThrow(/ETIMEDOUT|timeout/i);
    await cluster.heal();
    await cluster.settled(vhost.name);
    await expect(onChannel(urls[2] as string, publish('healed'))).resolves.toBe(true);
    expect(await kept()).toContain('healed');
  });

  test('publishing goes on when the leader is killed', async () => {
    const killed = await leader();
    await publishAnywhere('before');
    await killed.kill();
    await publishAnywhere('after');
    expect((await leader()).name).not.toBe(killed.name);
    await killed.start();
    await cluster.settled(vhost.name);
    expect(new Set(await kept())).toEqual(new Set(['before', 'after']));
  }, 90_000);

  test('publishing goes on when the leader is isolated, and all are one cluster when the network heals', async () => {
    const isolated = await leader();
    await publishAnywhere('before');
    await cluster.isolate(isolated);
    await publishAnywhere('after');
    expect((await leader()).name).not.toBe(isolated.name);
    await cluster.heal();
    await cluster.settled(vhost.name);
    expect(new Set(await kept())).toEqual(new Set(['before', 'after']));
  }, 90_000);
};

if (isRootOfLinux()) {
  describe('a cluster of three brokers', onCluster);
} else {
  test('a cluster of three brokers says that it needs root', async () => {
    await expect(startRabbitmqCluster()).rejects.toThrow('need root');
  });
}
