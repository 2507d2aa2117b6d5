import { setTimeout as pause } from 'node:timers/promises';
import { aborted } from 'node:util';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Database, Statement } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { brokerSessions, type BrokerSession } from '../broker/sessions.ts';
import type { ConsumerOptions } from '../consumer/consumer.ts';
import { judge } from '../consumer/judge.ts';
import { settleTogether } from '../consumer/settle.ts';
import { isDatabaseTrouble } from '../consumer/trouble.ts';
import { brokerReason } from './broker-reason.ts';
import { storeDeadLetter, textOf, type StoredDeadLetter } from './store.ts';

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

/**
 * Empties the broker's dead queue of a subscription. What comes out there is suspect, not guilty: it was redelivered too
 * often, perhaps by lost connections alone. It is stored, marked as tried, and then handled once, alone; the innocent
 * have their effect, the guilty stay stored, even if they take the process with them.
 */
export const createDrain = <Data>(options: ConsumerOptions<Data> & { readonly database: Database }): Component => {
  const { broker, topology, log, database, subscription, worker } = options;
  const { deadQueue, name: queue } = subscription.queue;

  const store = async (delivery: ConsumeMessage): Promise<StoredDeadLetter> => {
    const stored = await storeDeadLetter(database, { delivery, queue, ...brokerReason(delivery, queue), attempts: 0 });
    // fault point: drain.stored
    return stored;
  };

  const markTriedNow = async (id: string): Promise<void> => {
    await database.query(markTried, [id]);
    // fault point: drain.tried
  };

  const handleOnce = async (id: string, delivery: ConsumeMessage): Promise<void> => {
    const judgement = judge(delivery, subscription);
    try {
      if (judgement.verdict === 'dead') throw new Error(`${judgement.reason}: ${judgement.detail}`);
      await settleTogether([{ message: judgement.message, deliveries: [delivery] }], options);
      // fault point: drain.handled
      await database.query(markHandled, [id]);
      log.info({ messageId: judgement.message.id }, 'message from the dead queue handled');
    } catch (err) {
      if (isDatabaseTrouble(err)) throw err;
      log.error({ err, deadLetterId: id }, 'message from the dead queue kept');
      await database.query(markFailed, [id, textOf(err).slice(0, 2_000)]);
    }
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
      await patiently(() => handleOnce(id, delivery));
    }
    channel.ack(delivery);
  };

  const serve = async (session: BrokerSession): Promise<void> => {
    const channel = await session.connection.createChannel();
    const ended = Promise.withResolvers<void>();
    let current: Promise<void> = Promise.resolve();
    channel.on('error', (err) => log.warn({ err }, 'draining channel failed'));
    channel.once('close', ended.resolve);
    await channel.prefetch(1);
    await channel.consume(deadQueue, (delivery) => {
      if (!delivery) return ended.resolve();
      current = drainOne(channel, delivery, session.over).catch(() => undefined);
    });
    await Promise.race([ended.promise, aborted(session.over, channel)]);
    await current;
  };

  return {
    ...brokerSessions({ broker, topology, purpose: 'drain', log }, serve),
    name: `drain of ${deadQueue}`,
  };
};
