import type { Channel } from 'amqplib';
import { pause } from '@mentor-sessions/service-kit/loop';
import { boundDeliveries } from '../broker/bounded-deliveries.ts';
import { keepConnected, type BrokerConnection } from '../broker/broker-connection.ts';
import { closeChannel, type BrokerAddress } from '../broker/connect.ts';
import { createLimitReport } from '../broker/message-limit.ts';
import { serviceOf, type Topology } from '../broker/topology.ts';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import { createActivity, createPauseSwitch, type Worker } from '../operations/worker.ts';
import { createBatcher } from './batcher.ts';
import { probe } from './classify-failure.ts';
import { largestBodyOf, prefetchOf } from './memory-budget.ts';
import type { SettleOptions } from './settle.ts';

export type ConsumerOptions<Data> = SettleOptions<Data> & {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  /** Unacknowledged messages; at most as many of the largest size as fit into the memory budget. */
  readonly prefetch?: number | undefined;
  /** Messages per transaction. */
  readonly batchSize?: number | undefined;
  readonly worker?: Pick<Worker, 'activity' | 'pauses'>;
  /** Called each time that it begins to consume, with the number of other consumers of the queue. */
  readonly onConsuming?: (others: number) => void;
};

const PROBE_EVERY_MS = 500;

/**
 * The idempotent consumer of one queue: at least once on the wire, effectively once in the database. When the database is
 * unavailable it requeues what is in flight, once, and consumes again when the database handles a sample.
 */
export const createConsumer = <Data>(options: ConsumerOptions<Data>) => {
  const { broker, topology, log, subscription, worker, onConsuming } = options;
  const queue = subscription.queue.name;
  const maxPrefetch = prefetchOf(subscription);
  const { prefetch = maxPrefetch, batchSize = Math.ceil(maxPrefetch / 2) } = options;
  const reportLimit = createLimitReport({
    broker,
    largest: largestBodyOf(subscription),
    owner: serviceOf(queue),
    log,
  });
  const activity = worker?.activity ?? createActivity();
  const pauses = worker?.pauses.consumer ?? createPauseSwitch();
  let isConsuming = false;
  let isHolding = (): boolean => false;
  let hasRequeued = false;

  /** Consumes until the connection ends, an operator pauses it, or the database is unavailable. */
  const consumeOnce = async (
    channel: Channel,
    { lost, stopping, ended }: BrokerConnection,
  ): Promise<DatabaseUnavailable | 'paused' | 'ended'> => {
    const paused = pauses.paused();
    const batcher = createBatcher({
      ...options,
      channel,
      batchSize,
      holdWhenUnavailable: hasRequeued,
      activity,
      onSuccess: () => (hasRequeued = false),
    });
    let isQueueGone = false;
    ended.addEventListener('abort', batcher.end);
    paused.addEventListener('abort', batcher.end);
    channel.once('close', batcher.end);
    const others = onConsuming ? (await channel.checkQueue(queue)).consumerCount : 0;
    const { consumerTag } = await channel.consume(queue, (delivery) => {
      if (delivery) return batcher.take(delivery);
      isQueueGone = true;
      batcher.end();
    });
    isConsuming = true;
    onConsuming?.(others);
    isHolding = batcher.isHolding;
    if (ended.aborted || paused.aborted) batcher.end();
    const unavailable = await batcher.run();
    isConsuming = false;
    ended.removeEventListener('abort', batcher.end);
    paused.removeEventListener('abort', batcher.end);
    channel.off('close', batcher.end);
    if (isQueueGone) throw new Error(`queue ${queue} was deleted`);
    if (lost.aborted) {
      activity.requeued();
      return 'ended';
    }
    await channel.cancel(consumerTag);
    if (stopping.aborted || paused.aborted) await batcher.settleRest();
    channel.nackAll(true);
    activity.requeued();
    hasRequeued = unavailable !== null;
    if (unavailable) return unavailable;
    return paused.aborted ? 'paused' : 'ended';
  };

  const serve = async (connection: BrokerConnection): Promise<void> => {
    const channel = await connection.amqp.createChannel();
    channel.on('error', (err) => log.warn({ err }, 'consumer channel failed'));
    boundDeliveries(channel, largestBodyOf(subscription));
    await channel.prefetch(Math.min(prefetch, maxPrefetch));
    void reportLimit(connection.ended);
    try {
      while (!connection.ended.aborted) {
        await pauses.whenResumed(connection.ended);
        const outcome = await consumeOnce(channel, connection);
        if (outcome === 'ended') break;
        if (outcome instanceof DatabaseUnavailable) await untilAvailable(outcome.type, connection.ended);
      }
      if (connection.stopping.aborted && !connection.lost.aborted) await closeChannel(channel);
    } finally {
      isConsuming = false;
    }
  };

  const untilAvailable = async (type: string, ended: AbortSignal): Promise<void> => {
    while (!ended.aborted) {
      await pause(PROBE_EVERY_MS, ended);
      if (await probe(options, type).catch(() => null)) return;
    }
  };

  return {
    ...keepConnected({ broker, topology, purpose: 'consumer', log }, serve),
    name: `consumer of ${queue}`,
    /** Whether it consumes from the broker, or an operator has paused it. */
    isReady: (): boolean => (isConsuming && !isHolding()) || pauses.isPaused(),
  };
};
