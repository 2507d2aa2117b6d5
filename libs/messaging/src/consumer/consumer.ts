import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from 'amqplib';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { boundDeliveries } from '../broker/bounded-deliveries.ts';
import { keepConnected, type BrokerConnection } from '../broker/broker-connection.ts';
import { closeChannel, type BrokerAddress } from '../broker/connect.ts';
import { createLimitReport } from '../broker/message-limit.ts';
import type { Topology } from '../broker/topology.ts';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import { createActivity, createPauseSwitch, type Worker } from '../operations/worker.ts';
import { createBatcher } from './batcher.ts';
import { probe } from './classify-failure.ts';
import { largestBodyOf, prefetchOf } from './memory-budget.ts';
import type { SettleOptions } from './settle.ts';

export type ConsumerOptions<Data> = SettleOptions<Data> & {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  /** Messages that the broker hands out before an acknowledgement; at most as many of the largest as fit in the budget. */
  readonly prefetch?: number;
  /** Messages of one transaction. */
  readonly batchSize?: number;
  /** Makes it seen by operators, and lets them pause it. */
  readonly worker?: Pick<Worker, 'activity' | 'pauses'>;
};

export type Consumer = Component & {
  /** Whether the broker has this consumer registered; or it stands still because an operator wants it to. */
  isReady(): boolean;
};

const standing = ({ worker }: Pick<ConsumerOptions<never>, 'worker'>) =>
  worker
    ? { activity: worker.activity, pauses: worker.pauses.consumer }
    : { activity: createActivity(), pauses: createPauseSwitch() };

/** Queues are named `<service>.<event>`. */
const serviceOf = (queue: string): string => queue.split('.')[0] ?? queue;

const DATABASE_PAUSE_MS = 500;

/**
 * The idempotent consumer of one queue: at least once on the wire, with effect once in the database. When the database
 * serves nothing it requeues what it holds, once, and consumes again when the database serves a sample.
 */
export const createConsumer = <Data>(options: ConsumerOptions<Data>): Consumer => {
  const { broker, topology, log, subscription } = options;
  const most = prefetchOf(subscription);
  const { prefetch = most, batchSize = Math.ceil(most / 2) } = options;
  const reportLimit = createLimitReport({
    largest: largestBodyOf(subscription),
    owner: serviceOf(subscription.queue.name),
    log,
  });
  const { activity, pauses } = standing(options);
  let ready = false;
  let isHolding = (): boolean => false;
  let gaveBack = false;

  const consumeOnce = async (
    channel: Channel,
    { lost, stopping, ended: over }: BrokerConnection,
  ): Promise<DatabaseUnavailable | 'paused' | 'over'> => {
    const paused = pauses.paused();
    const consumption = createBatcher({
      ...options,
      channel,
      batchSize,
      holdWhenUnavailable: gaveBack,
      activity,
      onSuccess: () => (gaveBack = false),
    });
    let queueGone = false;
    over.addEventListener('abort', consumption.end);
    paused.addEventListener('abort', consumption.end);
    channel.once('close', consumption.end);
    const { consumerTag } = await channel.consume(subscription.queue.name, (delivery) => {
      if (delivery) return consumption.take(delivery);
      queueGone = true;
      consumption.end();
    });
    ready = true;
    isHolding = consumption.isHolding;
    if (over.aborted || paused.aborted) consumption.end();
    const trouble = await consumption.run();
    ready = false;
    over.removeEventListener('abort', consumption.end);
    paused.removeEventListener('abort', consumption.end);
    channel.off('close', consumption.end);
    if (queueGone) throw new Error(`queue ${subscription.queue.name} is gone`);
    if (lost.aborted) {
      activity.requeued();
      return 'over';
    }
    await channel.cancel(consumerTag);
    if (stopping.aborted || paused.aborted) await consumption.settleRest();
    channel.nackAll(true);
    activity.requeued();
    gaveBack = trouble !== null;
    if (trouble) return trouble;
    return paused.aborted ? 'paused' : 'over';
  };

  const serve = async (session: BrokerConnection): Promise<void> => {
    const channel = await session.amqp.createChannel();
    channel.on('error', (err) => log.warn({ err }, 'consuming channel failed'));
    boundDeliveries(channel, largestBodyOf(subscription));
    await channel.prefetch(Math.min(prefetch, most));
    void reportLimit(session.amqp);
    try {
      while (!session.ended.aborted) {
        await pauses.whenResumed(session.ended);
        const ended = await consumeOnce(channel, session);
        if (ended === 'over') break;
        if (ended instanceof DatabaseUnavailable) await untilServed(ended, session);
      }
      if (session.stopping.aborted && !session.lost.aborted) await closeChannel(channel);
    } finally {
      ready = false;
    }
  };

  const untilServed = async ({ type }: DatabaseUnavailable, { ended: signal }: BrokerConnection): Promise<void> => {
    while (!signal.aborted) {
      await pause(DATABASE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      const isServed = await probe(options, type).then(
        () => true,
        () => false,
      );
      if (isServed) return;
    }
  };

  return {
    ...keepConnected({ broker, topology, purpose: 'consumer', log }, serve),
    name: `consumer of ${subscription.queue.name}`,
    isReady: () => (ready && !isHolding()) || pauses.isPaused(),
  };
};
