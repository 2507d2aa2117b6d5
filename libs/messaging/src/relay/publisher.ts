import { aborted } from 'node:util';
import type { ConfirmChannel } from 'amqplib';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { userOf, type BrokerAddress } from '../broker/connect.ts';
import { brokerSessions, type BrokerSession } from '../broker/sessions.ts';
import type { Topology } from '../broker/topology.ts';
import { watchConfirms, type ConfirmWatch } from './confirms.ts';
import { gate } from './gate.ts';
import { largestBodyIn } from './largest-body.ts';

/**
 * confirmed: the broker has it, on disk of a majority where the queue is a quorum queue. returned: confirmed as well,
 * but no queue took it. failed: nacked, or the answer was lost; it may or may not be there.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'failed';

export type OutgoingMessage = {
  readonly messageId: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, unknown>>;
};

export type Publisher = Component & {
  isReady(): boolean;
  /** Resolves when messages can be published: at once if they can, after `timeoutMs` in any case. */
  whenReady(timeoutMs: number): Promise<void>;
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
  /** What has no confirm by now counts as failed. */
  giveUp(): void;
  /** Bytes; Infinity until the broker has refused a body as too large, then its limit. */
  largestBody(): number;
};

type Options = {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  readonly contentType: string;
  readonly log: Logger;
  /** The oldest message without a confirm may stay the oldest for so long (ms), then the connection is given up; so it is when all are nacked. */
  readonly confirmTimeoutMs?: number;
};

type Pending = { returned: boolean; readonly settle: (outcome: PublishOutcome) => void };

/** Publishes persistent and mandatory messages to the topology's exchange and tells what became of each. */
export const createPublisher = (options: Options): Publisher => {
  const { broker, topology, contentType, log, confirmTimeoutMs = 5_000 } = options;
  const userId = userOf(broker);
  const pending = new Map<string, Pending>();
  const ready = gate();
  let channel: ConfirmChannel | null = null;
  let confirms: Pick<ConfirmWatch, 'sent' | 'heard'> = { sent: () => undefined, heard: () => undefined };
  let largestBody = Infinity;

  const serve = async ({ connection, over }: BrokerSession): Promise<void> => {
    const opened = await connection.createConfirmChannel();
    const closed = Promise.withResolvers<void>();
    opened.on('error', (err) => {
      log.warn({ err }, 'publishing channel failed');
      largestBody = largestBodyIn(err) ?? largestBody;
    });
    opened.on('return', ({ properties }) => {
      // the return of an unroutable message comes before its confirm
      const returned = pending.get(String(properties.messageId));
      if (returned) returned.returned = true;
    });
    opened.once('close', closed.resolve);
    const watch = watchConfirms(connection, () => pending.values().next().value, confirmTimeoutMs);
    confirms = watch;
    channel = opened;
    ready.open();
    await Promise.race([closed.promise, aborted(over, opened), watch.hopeless]);
    watch.stop();
    channel = null;
    ready.close();
    giveUp();
  };

  const giveUp = (): void => {
    if (pending.size > 0) log.warn({ pending: pending.size }, 'messages without a confirm, to be published again');
    for (const { settle } of pending.values()) settle('failed');
  };

  const publish = ({ messageId, routingKey, body, headers }: OutgoingMessage): Promise<PublishOutcome> => {
    if (!channel) return Promise.resolve('failed');
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const entry: Pending = {
      returned: false,
      settle: (outcome) => {
        // not the entry of a later try, when amqplib reports late what was given up
        if (pending.get(messageId) === entry) pending.delete(messageId);
        confirms.heard(outcome === 'failed' ? 'nack' : 'ack');
        resolve(outcome);
      },
    };
    pending.set(messageId, entry);
    confirms.sent();
    const vouched = { messageId, type: routingKey, contentType, userId, persistent: true, mandatory: true };
    const properties = headers ? { ...vouched, headers } : vouched;
    try {
      channel.publish(topology.exchange.name, routingKey, body, properties, (err: unknown) =>
        entry.settle(err ? 'failed' : entry.returned ? 'returned' : 'confirmed'),
      );
      // fault point (sync): relay.published
    } catch (err) {
      log.warn({ err, messageId }, 'publish failed');
      entry.settle('failed');
    }
    return promise;
  };

  return {
    ...brokerSessions({ broker, topology, purpose: 'publisher', log }, serve),
    isReady: () => channel !== null,
    whenReady: ready.passed,
    publish,
    giveUp,
    largestBody: () => largestBody,
  };
};
