import { aborted } from 'node:util';
import type { Logger } from 'pino';
import { keepConnected, type BrokerConnection } from '../broker/broker-connection.ts';
import { userOf, type BrokerAddress } from '../broker/connect.ts';
import type { Topology } from '../broker/topology.ts';
import {
  openConfirmChannel,
  type ConfirmChannel,
  type OutgoingMessage,
  type PublishOutcome,
  type Unconfirmed,
} from './confirm-channel.ts';
import { createConfirmTimeout, type ConfirmTimeout } from './confirm-timeout.ts';
import { createIsolatedPublisher } from './isolated-publisher.ts';
import { createRefusalMemory, findSuspects, isAboutOneMessage } from './refused-messages.ts';

type Options = {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  readonly contentType: string;
  readonly log: Logger;
  /** The connection is replaced when the oldest unconfirmed message has been the oldest for so long (ms), or when everything is nacked. */
  readonly confirmTimeoutMs?: number;
};

const REOPEN_WITHIN_MS = 1_000;

/**
 * Publishes persistent, mandatory messages to the topology's exchange and resolves with the outcome of each. When the
 * broker closes the channel because of one message, the suspects are published in isolation, the others on a new channel.
 */
export const createPublisher = ({ broker, topology, contentType, log, confirmTimeoutMs = 5_000 }: Options) => {
  const channelOptions = { exchange: topology.exchange.name, contentType, userId: userOf(broker) };
  const refusals = createRefusalMemory();
  const isolated = createIsolatedPublisher({ broker, channel: channelOptions, refusals, confirmTimeoutMs, log });
  let current: { readonly channel: ConfirmChannel; readonly timeout: ConfirmTimeout } | null = null;
  let opened = Promise.withResolvers<void>();
  let isReopening = false;

  const serve = async (connection: BrokerConnection): Promise<void> => {
    const { amqp, ended } = connection;
    let connectionError: Error | undefined;
    amqp.on('error', (err: Error) => (connectionError = err));
    let again: Unconfirmed[] = [];
    try {
      while (!ended.aborted) {
        const channel = await openConfirmChannel(amqp, channelOptions);
        const cause = (await publishOn(channel, connection, again.splice(0))) ?? connectionError;
        again = channel.takeUnconfirmed();
        if (!isAboutOneMessage(cause)) return;
        const suspects = findSuspects(cause, again);
        again = again.filter((each) => !suspects.includes(each));
        isReopening = true;
        log.warn(
          { err: cause, messages: suspects.length },
          'broker refused a message; publishing suspects in isolation',
        );
        for (const { message, settle } of suspects) void isolated.publish(message).then(settle);
      }
    } finally {
      isReopening = false;
      settleFailed(again);
    }
  };

  /** Until the channel closes, the connection ends, or confirms are overdue. Resolves with the channel's error, if any. */
  const publishOn = async (
    channel: ConfirmChannel,
    { amqp, ended }: BrokerConnection,
    again: readonly Unconfirmed[],
  ): Promise<Error | null> => {
    const timeout = createConfirmTimeout(amqp, channel.oldestUnconfirmed, confirmTimeoutMs);
    current = { channel, timeout };
    isReopening = false;
    for (const { message, settle } of again) void publish(message).then(settle);
    opened.resolve();
    const over = Promise.race([aborted(ended, channel), timeout.expired]);
    const error = await Promise.race([channel.closed, over.then(() => null)]);
    timeout.stop();
    current = null;
    opened = Promise.withResolvers();
    return error;
  };

  const settleFailed = (unconfirmed: readonly Unconfirmed[]): void => {
    if (unconfirmed.length > 0)
      log.warn(
        { pending: unconfirmed.length },
        'connection ended before messages were confirmed; will publish them again',
      );
    for (const { settle } of unconfirmed) settle('failed');
  };

  /** Resolves when messages can be published (at once if they can), or after `timeoutMs`. */
  const whenReady = async (timeoutMs: number): Promise<void> => {
    const timedOut = Promise.withResolvers<void>();
    const timer = setTimeout(timedOut.resolve, timeoutMs);
    await Promise.race([opened.promise, timedOut.promise]);
    clearTimeout(timer);
  };

  const publish = async (message: OutgoingMessage): Promise<PublishOutcome> => {
    if (isReopening) await whenReady(REOPEN_WITHIN_MS);
    if (!current) return 'unsent';
    if (refusals.isSuspect(message)) return isolated.publish(message);
    const { channel, timeout } = current;
    const publishing = channel.publish(message);
    timeout.sent();
    const outcome = await publishing;
    timeout.answered(outcome === 'nacked' ? 'nack' : 'ack');
    if (outcome === 'confirmed' || outcome === 'returned') refusals.accepted(message);
    return outcome;
  };

  const connection = keepConnected({ broker, topology, purpose: 'publisher', log }, serve);
  return {
    ...connection,
    stop: async (): Promise<void> => {
      await isolated.stop();
      await connection.stop();
    },
    isReady: (): boolean => current !== null,
    whenReady,
    publish,
    /** Settles everything that is unconfirmed as failed. */
    giveUp: (): void => {
      isolated.giveUp();
      settleFailed(current?.channel.takeUnconfirmed() ?? []);
    },
  };
};

export type Publisher = ReturnType<typeof createPublisher>;
