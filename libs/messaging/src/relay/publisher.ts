import { aborted } from 'node:util';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { userOf, type BrokerAddress } from '../broker/connect.ts';
import { brokerSessions, type BrokerSession } from '../broker/sessions.ts';
import type { Topology } from '../broker/topology.ts';
import { createApart } from './apart.ts';
import { openConfirmChannel, type ConfirmChannel, type OutgoingMessage, type Owed } from './confirm-channel.ts';
import { watchConfirms, type ConfirmWatch } from './confirms.ts';
import { gate } from './gate.ts';
import type { PublishOutcome } from './outcome.ts';
import { createRefusals, isOfOneMessage, suspectsOf } from './refusals.ts';

export type Publisher = Component & {
  isReady(): boolean;
  /** Resolves when messages can be published: at once if they can, after `timeoutMs` in any case. */
  whenReady(timeoutMs: number): Promise<void>;
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
  /** What has no confirm by now counts as failed. */
  giveUp(): void;
};

type Options = {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  readonly contentType: string;
  readonly log: Logger;
  /** The oldest message without a confirm may stay the oldest for so long (ms), then the connection is given up; so it is when all are nacked. */
  readonly confirmTimeoutMs?: number;
};

const REOPEN_WITHIN_MS = 1_000;

/**
 * Publishes persistent and mandatory messages to the topology's exchange and says what became of each. When the broker
 * closes the channel for one message's sake, those that it may have meant are tried apart, the others on a new channel.
 */
export const createPublisher = (options: Options): Publisher => {
  const { broker, topology, contentType, log, confirmTimeoutMs = 5_000 } = options;
  const channelOptions = { exchange: topology.exchange.name, contentType, userId: userOf(broker) };
  const refusals = createRefusals();
  const apart = createApart({ broker, channel: channelOptions, refusals, confirmTimeoutMs, log });
  const ready = gate();
  let channel: ConfirmChannel | null = null;
  let isReopening = false;
  let confirms: Pick<ConfirmWatch, 'sent' | 'heard'> = { sent: () => undefined, heard: () => undefined };

  const serve = async (session: BrokerSession): Promise<void> => {
    const lost: { error?: Error } = {};
    session.connection.on('error', (err: Error) => (lost.error = err));
    let again: Owed[] = [];
    try {
      while (!session.over.aborted) {
        const opened = await openConfirmChannel(session.connection, channelOptions);
        const cause = (await publishOn(opened, session, again.splice(0))) ?? lost.error;
        const owed = opened.takeOwed();
        const suspects = isOfOneMessage(cause) ? suspectsOf(cause, owed) : [];
        again = owed.filter((each) => !suspects.includes(each));
        if (!isOfOneMessage(cause)) return;
        isReopening = true;
        log.warn(
          { err: cause, messages: suspects.length },
          'the broker refuses a message; trying it apart from the others',
        );
        for (const { message, settle } of suspects) void apart.publish(message).then(settle);
      }
    } finally {
      isReopening = false;
      settleFailed(again);
    }
  };

  /** Until the channel is closed, the connection is over, or the broker does not confirm; the channel's error, if it had one. */
  const publishOn = async (
    opened: ConfirmChannel,
    { connection, over }: BrokerSession,
    again: readonly Owed[],
  ): Promise<Error | null> => {
    const watch = watchConfirms(connection, opened.oldestOwed, confirmTimeoutMs);
    confirms = watch;
    channel = opened;
    isReopening = false;
    for (const { message, settle } of again) void publish(message).then(settle);
    ready.open();
    const ended = Promise.race([aborted(over, opened), watch.hopeless]);
    const error = await Promise.race([opened.closed, ended.then(() => null)]);
    watch.stop();
    channel = null;
    ready.close();
    return error;
  };

  const settleFailed = (owed: readonly Owed[]): void => {
    if (owed.length > 0) log.warn({ pending: owed.length }, 'messages without a confirm, to be published again');
    for (const { settle } of owed) settle('failed');
  };

  const publish = async (message: OutgoingMessage): Promise<PublishOutcome> => {
    if (isReopening) await ready.passed(REOPEN_WITHIN_MS);
    if (!channel) return 'unsent';
    if (refusals.isSuspect(message)) return apart.publish(message);
    const publishing = channel.publish(message);
    confirms.sent();
    const outcome = await publishing;
    confirms.heard(outcome === 'nacked' ? 'nack' : 'ack');
    if (outcome === 'confirmed' || outcome === 'returned') refusals.accepted(message);
    return outcome;
  };

  const sessions = brokerSessions({ broker, topology, purpose: 'publisher', log }, serve);
  return {
    ...sessions,
    stop: async () => {
      await apart.stop();
      await sessions.stop();
    },
    isReady: () => channel !== null,
    whenReady: ready.passed,
    publish,
    giveUp: () => {
      apart.giveUp();
      settleFailed(channel?.takeOwed() ?? []);
    },
  };
};
