import { aborted } from 'node:util';
import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { dropConnection, openConnection, type BrokerAddress } from '../broker/connect.ts';
import {
  openConfirmChannel,
  type ConfirmChannel,
  type ConfirmChannelOptions,
  type OutgoingMessage,
  type PublishOutcome,
  type Unconfirmed,
} from './confirm-channel.ts';
import { createConfirmTimeout } from './confirm-timeout.ts';
import { isAboutOneMessage, type RefusalMemory } from './refused-messages.ts';

type Options = {
  readonly broker: BrokerAddress;
  readonly channel: ConfirmChannelOptions;
  readonly refusals: RefusalMemory;
  readonly confirmTimeoutMs: number;
  readonly log: Logger;
};

/** `error`: the last one of the connection. */
type Connection = { readonly amqp: ChannelModel; error: Error | null };

const GROUP_SIZE = 32;
const IDLE_MS = 5_000;

/**
 * Publishes messages that the broker may refuse on a connection of their own, so that the others keep theirs: a group at
 * a time and, when the broker closes the channel because of one of the group, each of them alone.
 */
export const createIsolatedPublisher = ({ broker, channel, refusals, confirmTimeoutMs, log }: Options) => {
  let waiting: Unconfirmed[] = [];
  let alone: Unconfirmed[] = [];
  let isRunning = false;
  let connection: Connection | null = null;
  let current: ConfirmChannel | null = null;
  let idle: NodeJS.Timeout | undefined;
  const stopping = new AbortController();

  const connected = async (): Promise<Connection> => {
    if (connection) return connection;
    const amqp = await openConnection({ ...broker, name: `${broker.name} isolated` }, stopping.signal);
    const opened: Connection = { amqp, error: null };
    amqp.on('error', (err: Error) => (opened.error = err));
    amqp.on('close', () => (connection = connection === opened ? null : connection));
    connection = opened;
    return opened;
  };

  const disconnect = async (): Promise<void> => {
    const dropped = connection;
    connection = null;
    if (dropped) await dropConnection(dropped.amqp);
  };

  const settleAll = (outcome: PublishOutcome): void => {
    for (const { settle } of [...alone.splice(0), ...waiting.splice(0)]) settle(outcome);
  };

  const settleIfKnown = ({ message, settle }: Unconfirmed): boolean => {
    const refusal = refusals.knownRefusal(message);
    if (refusal) settle(refusal);
    return refusal !== undefined;
  };

  /** The next suspects for one channel; those that would be refused again are settled at once. */
  const nextGroup = (): Unconfirmed[] => {
    alone = alone.filter((suspect) => !settleIfKnown(suspect));
    waiting = waiting.filter((suspect) => !settleIfKnown(suspect));
    return alone.length > 0 ? alone.splice(0, 1) : waiting.splice(0, GROUP_SIZE);
  };

  const publishGroup = async (group: readonly Unconfirmed[]): Promise<void> => {
    const to = await connected();
    const opened = await openConfirmChannel(to.amqp, channel);
    current = opened;
    const timeout = createConfirmTimeout(to.amqp, opened.oldestUnconfirmed, confirmTimeoutMs);
    const outcomes = group.map(async ({ message, settle }) => {
      const outcome = await opened.publish(message);
      if (outcome === 'confirmed' || outcome === 'returned') refusals.accepted(message);
      settle(outcome);
    });
    timeout.sent();
    const ended = Promise.race([Promise.all(outcomes), timeout.expired, aborted(stopping.signal, opened)]);
    const cause = (await Promise.race([opened.closed, ended.then(() => null)])) ?? to.error;
    timeout.stop();
    const unconfirmed = new Set(opened.takeUnconfirmed().map(({ message }) => message));
    const left = group.filter(({ message }) => unconfirmed.has(message));
    if (left.length === 0) return opened.close();
    if (isAboutOneMessage(cause)) return separate(left, cause);
    for (const { settle } of left) settle('failed');
    throw cause ?? new Error('the broker does not confirm');
  };

  const separate = (refused: readonly Unconfirmed[], cause: Error): void => {
    const [only] = refused;
    if (only && refused.length === 1) only.settle(refusals.refused(only.message, cause));
    else alone.push(...refused);
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    clearTimeout(idle);
    let group: Unconfirmed[] = [];
    try {
      for (group = nextGroup(); group.length > 0; group = nextGroup()) await publishGroup(group);
    } catch (err) {
      log.warn({ err }, 'publishing suspect messages failed; will retry');
      for (const { settle } of group) settle('unsent'); // no effect on those that are settled
      settleAll('unsent');
      await disconnect();
    }
    isRunning = false;
    if (waiting.length > 0) return run();
    if (stopping.signal.aborted) return disconnect();
    idle = setTimeout(() => void disconnect(), IDLE_MS).unref();
  };

  return {
    publish: (message: OutgoingMessage): Promise<PublishOutcome> => {
      const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
      waiting.push({ message, settle: resolve });
      // in a microtask: with the other suspects of this batch
      if (!isRunning) queueMicrotask(() => !isRunning && void run());
      return promise;
    },
    giveUp: (): void => {
      for (const { settle } of current?.takeUnconfirmed() ?? []) settle('failed');
      settleAll('unsent');
    },
    stop: async (): Promise<void> => {
      stopping.abort();
      clearTimeout(idle);
      settleAll('unsent');
      if (!isRunning) await disconnect();
    },
  };
};
