import { aborted } from 'node:util';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Database, Statement } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { pause } from '@mentor-sessions/service-kit/loop';
import { boundDeliveries } from '../broker/bounded-deliveries.ts';
import { keepConnected, type BrokerConnection } from '../broker/broker-connection.ts';
import { classifyFailure } from '../consumer/classify-failure.ts';
import type { ConsumerOptions } from '../consumer/consumer.ts';
import { largestBodyOf } from '../consumer/memory-budget.ts';
import { readDelivery } from '../consumer/read-delivery.ts';
import { settleTogether } from '../consumer/settle.ts';
import type { TechnicalReason } from '../inbox/dead-letter-reasons.ts';
import { keepDeadLetter, shortText } from '../inbox/dead-letters.ts';

const markTried: Statement = {
  name: 'dead-letter-tried',
  text: `update dead_letters set tried_at = date_trunc('milliseconds', clock_timestamp()) where id = $1`,
};

const markFailed: Statement = {
  name: 'dead-letter-failed',
  text: 'update dead_letters set attempts = attempts + 1, last_error = $2 where id = $1',
};

const markHandled: Statement = {
  name: 'dead-letter-handled',
  text: `update dead_letters set resolution = 'handled', resolved_by = 'drain',
    resolved_at = date_trunc('milliseconds', clock_timestamp()) where id = $1`,
};

const RETRY_MS = 1_000;
/** Retries of one message because of the database, while that is available; then it is kept, and the next one follows. */
const MAX_RETRIES = 10;

/**
 * Empties the broker's dead queue of a subscription. A message there is suspect, not proven poison: it was redelivered too
 * often, perhaps because of lost connections alone. It is stored, marked as tried, and then handled once, alone. If that
 * fails it stays stored, even if it takes the process with it.
 */
export const createDrain = <Data>(options: ConsumerOptions<Data> & { readonly database: Database }): Component => {
  const { broker, topology, log, database, subscription, worker } = options;
  const { deadQueue, name: queue } = subscription.queue;

  const store = async (delivery: ConsumeMessage) => {
    const stored = await keepDeadLetter(database, { delivery, queue, ...brokerReason(delivery, queue), attempts: 0 });
    // fault point: drain.stored
    return stored;
  };

  const markAsTried = async (id: string): Promise<void> => {
    await database.query(markTried, [id]);
    // fault point: drain.tried
  };

  const keep = async (id: string, err: unknown): Promise<void> => {
    log.error({ err, deadLetterId: id, queue }, 'message from the dead queue not handled; kept as a dead letter');
    await database.query(markFailed, [id, shortText(err)]);
  };

  /** Handles the message once. Throws what the database causes, to be retried, up to `MAX_RETRIES` times. */
  const handleOnce = (id: string, delivery: ConsumeMessage) => {
    let retries = 0;
    return async (): Promise<void> => {
      const read = readDelivery(delivery, subscription);
      if (!read.isValid) return keep(id, new Error(`${read.reason}: ${read.detail}`));
      const { message } = read;
      try {
        await settleTogether([{ message, deliveries: [delivery] }], options);
        // fault point: drain.handled
        await database.query(markHandled, [id]);
        log.warn({ deadLetterId: id, messageId: message.id, queue }, 'message from the dead queue handled');
      } catch (err) {
        const cause = await classifyFailure(err, { options, type: message.type, othersSucceeded: false });
        if (cause === 'database' && ++retries < MAX_RETRIES) throw err;
        await keep(id, err);
      }
    };
  };

  const drainOne = async (channel: Channel, delivery: ConsumeMessage, ended: AbortSignal): Promise<void> => {
    const untilDone = async <T>(step: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await step();
        } catch (err) {
          log.warn({ err }, 'draining the dead queue failed; will retry');
          await pause(RETRY_MS, ended);
          ended.throwIfAborted();
        }
      }
    };
    await worker?.pauses.consumer.whenResumed(ended);
    ended.throwIfAborted();
    const { id, tried_at } = await untilDone(() => store(delivery));
    // If it is marked already, a process tried it before and crashed. Read once: a mark of our own whose answer was lost is no crash.
    if (!tried_at) {
      await untilDone(() => markAsTried(id));
      await untilDone(handleOnce(id, delivery));
    }
    channel.ack(delivery);
  };

  const serve = async ({ amqp, ended }: BrokerConnection): Promise<void> => {
    const channel = await amqp.createChannel();
    const closed = Promise.withResolvers<void>();
    let current: Promise<void> = Promise.resolve();
    channel.on('error', (err) => log.warn({ err }, 'drain channel failed'));
    channel.once('close', closed.resolve);
    boundDeliveries(channel, largestBodyOf(subscription));
    await channel.prefetch(1);
    await channel.consume(deadQueue, (delivery) => {
      if (!delivery) return closed.resolve();
      current = drainOne(channel, delivery, ended).catch(() => undefined);
    });
    await Promise.race([closed.promise, aborted(ended, channel)]);
    await current;
  };

  return {
    ...keepConnected({ broker, topology, purpose: 'drain', log }, serve),
    name: `drain of ${deadQueue}`,
  };
};

type BrokerReason = { readonly reason: TechnicalReason; readonly detail: string };

/** By the reason in `x-death`; each is explained in the runbook. */
const brokerReasons: Readonly<Record<string, BrokerReason>> = {
  delivery_limit: { reason: 'delivery-limit', detail: 'redelivered too often' },
  expired: { reason: 'expired', detail: 'expired in the queue: a policy or a sender sets message-ttl' },
  maxlen: { reason: 'queue-full', detail: 'the queue was full: a policy sets max-length with overflow drop-head' },
  rejected: {
    reason: 'rejected',
    detail: 'a consumer rejected it without requeue; consumers of this library never do',
  },
};

const noReason: BrokerReason = {
  reason: 'sent-to-dead-queue',
  detail: 'x-death has no reason: it was published to the dead queue',
};

/** Why the broker dead-lettered a message: the latest entry of `x-death` for this queue. */
export const brokerReason = ({ properties }: ConsumeMessage, queue: string): BrokerReason => {
  const history: unknown = (properties.headers as { 'x-death'?: unknown } | undefined)?.['x-death'];
  const entries = (Array.isArray(history) ? history : []) as { queue?: unknown; reason?: unknown }[];
  const reason = entries.find((entry) => entry?.queue === queue)?.reason;
  if (typeof reason !== 'string') return noReason;
  return brokerReasons[reason] ?? { ...noReason, detail: `the broker's reason: ${reason.slice(0, 100)}` };
};
