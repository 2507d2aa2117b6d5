import { setTimeout as pause } from 'node:timers/promises';
import { aborted } from 'node:util';
import type { ConsumeMessage, Channel } from 'amqplib';
import type { Database, Statement } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { boundDeliveries } from '../broker/bounded-deliveries.ts';
import { keepConnected, type BrokerConnection } from '../broker/broker-connection.ts';
import { classifyFailure } from '../consumer/classify-failure.ts';
import type { ConsumerOptions } from '../consumer/consumer.ts';
import { largestBodyOf } from '../consumer/memory-budget.ts';
import { readDelivery } from '../consumer/read-delivery.ts';
import { settleTogether } from '../consumer/settle.ts';
import type { TechnicalReason } from '../inbox/dead-letter-reasons.ts';
import { keepDeadLetter, storableText, type StoredDeadLetter } from '../inbox/dead-letters.ts';
import type { Message } from '../inbox/message.ts';

type Death = { readonly reason: TechnicalReason; readonly detail: string };

/** By the broker's word for it in `x-death`; each has its row in the runbook. */
const deaths: Readonly<Record<string, Death>> = {
  delivery_limit: { reason: 'delivery-limit', detail: 'redelivered too often' },
  expired: { reason: 'expired', detail: 'its time to live ended in the queue: a policy or a sender sets message-ttl' },
  maxlen: { reason: 'queue-full', detail: 'the queue was full: a policy sets max-length with overflow drop-head' },
  rejected: {
    reason: 'rejected',
    detail: 'a consumer rejected it without requeue; consumers of this library never do',
  },
};

const unexplained: Death = {
  reason: 'sent-to-dead-queue',
  detail: 'the broker names no reason in x-death: it was published to the dead queue',
};

/** Why the broker dead-lettered a message: the latest entry of `x-death` for this queue. */
export const reasonOfDeath = ({ properties }: ConsumeMessage, queue: string): Death => {
  const history: unknown = (properties.headers as { 'x-death'?: unknown } | undefined)?.['x-death'];
  const entries = (Array.isArray(history) ? history : []) as { queue?: unknown; reason?: unknown }[];
  const word = entries.find((entry) => entry?.queue === queue)?.reason;
  if (typeof word !== 'string') return unexplained;
  return deaths[word] ?? { ...unexplained, detail: `the broker's reason: ${word.slice(0, 100)}` };
};

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

const TROUBLE_PAUSE_MS = 1_000;
/** Tries of one message while the database serves others; then it is kept, and the next one has its turn. */
const MOST_WAITS = 10;

/**
 * Empties the broker's dead queue of a subscription. What comes out there is suspect, not guilty: it was redelivered too
 * often, perhaps by lost connections alone. It is stored, marked as tried, and then handled once, alone; the innocent
 * have their effect, the guilty stay stored, even if they take the process with them.
 */
export const createDrain = <Data>(options: ConsumerOptions<Data> & { readonly database: Database }): Component => {
  const { broker, topology, log, database, subscription, worker } = options;
  const { deadQueue, name: queue } = subscription.queue;

  const store = async (delivery: ConsumeMessage): Promise<StoredDeadLetter> => {
    const stored = await keepDeadLetter(database, { delivery, queue, ...reasonOfDeath(delivery, queue), attempts: 0 });
    // fault point: drain.stored
    return stored;
  };

  const markTriedNow = async (id: string): Promise<void> => {
    await database.query(markTried, [id]);
    // fault point: drain.tried
  };

  const settled = async (id: string, delivery: ConsumeMessage, { message }: { message: Message<Data> }) => {
    await settleTogether([{ message, deliveries: [delivery] }], options);
    // fault point: drain.handled
    await database.query(markHandled, [id]);
    log.warn({ deadLetterId: id, messageId: message.id, queue }, 'message from the dead queue handled');
  };

  const failed = async (id: string, err: unknown): Promise<void> => {
    log.error({ err, deadLetterId: id, queue }, 'message from the dead queue kept');
    await database.query(markFailed, [id, storableText(err).slice(0, 2_000)]);
  };

  /** Once as far as it is to blame: what the database is to blame for is tried again, for a while. */
  const handlingOf = (id: string, delivery: ConsumeMessage) => {
    let waits = 0;
    return async (): Promise<void> => {
      const judgement = readDelivery(delivery, subscription);
      if (judgement.verdict === 'dead') return failed(id, new Error(`${judgement.reason}: ${judgement.detail}`));
      try {
        await settled(id, delivery, judgement);
      } catch (err) {
        const { type } = judgement.message;
        const verdict = await classifyFailure(err, { options: options, type, othersSucceeded: false });
        if (verdict === 'waits' && ++waits < MOST_WAITS) throw err;
        await failed(id, err);
      }
    };
  };

  const drainOne = async (channel: Channel, delivery: ConsumeMessage, over: AbortSignal): Promise<void> => {
    const patiently = async <T>(step: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await step();
        } catch (err) {
          log.warn({ err }, 'dead queue cannot be drained now, trying again');
          await pause(TROUBLE_PAUSE_MS, undefined, { signal: over });
        }
      }
    };
    await worker?.pauses.consumer.whenResumed(over);
    over.throwIfAborted();
    const { id, tried_at } = await patiently(() => store(delivery));
    // marked: somebody tried before us, and did not live to tell. Asked once: our own mark, its answer lost, is not somebody
    if (!tried_at) {
      await patiently(() => markTriedNow(id));
      await patiently(handlingOf(id, delivery));
    }
    channel.ack(delivery);
  };

  const serve = async (session: BrokerConnection): Promise<void> => {
    const channel = await session.amqp.createChannel();
    const ended = Promise.withResolvers<void>();
    let current: Promise<void> = Promise.resolve();
    channel.on('error', (err) => log.warn({ err }, 'draining channel failed'));
    channel.once('close', ended.resolve);
    boundDeliveries(channel, largestBodyOf(subscription));
    await channel.prefetch(1);
    await channel.consume(deadQueue, (delivery) => {
      if (!delivery) return ended.resolve();
      current = drainOne(channel, delivery, session.ended).catch(() => undefined);
    });
    await Promise.race([ended.promise, aborted(session.ended, channel)]);
    await current;
  };

  return {
    ...keepConnected({ broker, topology, purpose: 'drain', log }, serve),
    name: `drain of ${deadQueue}`,
  };
};
