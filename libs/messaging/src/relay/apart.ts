import { aborted } from 'node:util';
import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { dropConnection, openConnection, type BrokerAddress } from '../broker/connect.ts';
import {
  openConfirmChannel,
  type ConfirmChannel,
  type ConfirmChannelOptions,
  type OutgoingMessage,
  type Owed,
} from './confirm-channel.ts';
import { watchConfirms } from './confirms.ts';
import type { PublishOutcome } from './outcome.ts';
import { isOfOneMessage, type Refusals } from './refusals.ts';

type Options = {
  readonly broker: BrokerAddress;
  readonly channel: ConfirmChannelOptions;
  readonly refusals: Refusals;
  readonly confirmTimeoutMs: number;
  readonly log: Logger;
};

type Suspect = Owed & { readonly isAlone: boolean };

/** `error`: the last one of the connection. */
type Link = { readonly connection: ChannelModel; error: Error | null };

const GROUP = 32;
const IDLE_MS = 5_000;

/**
 * Publishes messages of which the broker may refuse some, over a connection of their own, so that the others keep theirs:
 * a group at a time and, when the broker closes the channel for one of a group, each of it alone.
 */
export const createApart = ({ broker, channel, refusals, confirmTimeoutMs, log }: Options) => {
  let suspects: Suspect[] = [];
  let isRunning = false;
  let link: Link | null = null;
  let current: ConfirmChannel | null = null;
  let idle: NodeJS.Timeout | undefined;
  const stopping = new AbortController();

  const connected = async (): Promise<Link> => {
    if (link) return link;
    const connection = await openConnection({ ...broker, name: `${broker.name} apart` }, stopping.signal);
    const opened: Link = { connection, error: null };
    connection.on('error', (err: Error) => (opened.error = err));
    connection.on('close', () => (link = link === opened ? null : link));
    link = opened;
    return opened;
  };

  const disconnect = async (): Promise<void> => {
    const dropped = link;
    link = null;
    if (dropped) await dropConnection(dropped.connection);
  };

  const settleAll = (outcome: PublishOutcome): void => {
    for (const { settle } of suspects.splice(0)) settle(outcome);
  };

  /** Those that go next, over one channel; what is known to be refused is settled at once. */
  const nextGroup = (): Suspect[] => {
    suspects = suspects.filter(({ message, settle }) => {
      const refusal = refusals.known(message);
      if (refusal) settle(refusal);
      return !refusal;
    });
    const firstAlone = suspects.findIndex(({ isAlone }) => isAlone);
    return suspects.splice(0, firstAlone === 0 ? 1 : Math.min(GROUP, firstAlone < 0 ? GROUP : firstAlone));
  };

  const publishGroup = async (group: readonly Suspect[]): Promise<void> => {
    const to = await connected();
    const opened = await openConfirmChannel(to.connection, channel);
    current = opened;
    const watch = watchConfirms(to.connection, opened.oldestOwed, confirmTimeoutMs);
    const answers = group.map(async ({ message, settle }) => {
      const outcome = await opened.publish(message);
      if (outcome === 'confirmed' || outcome === 'returned') refusals.accepted(message);
      settle(outcome);
    });
    watch.sent();
    const ended = Promise.race([Promise.all(answers), watch.hopeless, aborted(stopping.signal, opened)]);
    const cause = (await Promise.race([opened.closed, ended.then(() => null)])) ?? to.error;
    watch.stop();
    const owed = new Set(opened.takeOwed().map(({ message }) => message));
    const left = group.filter(({ message }) => owed.has(message));
    if (left.length === 0) return opened.close();
    if (isOfOneMessage(cause)) return isolate(left, cause);
    for (const { settle } of left) settle('failed');
    throw cause ?? new Error('the broker does not confirm');
  };

  const isolate = ([only, ...others]: readonly Suspect[], cause: Error): void => {
    if (!only) return;
    if (others.length === 0) only.settle(refusals.refused(only.message, cause));
    else suspects.unshift(...[only, ...others].map((each) => ({ ...each, isAlone: true })));
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    clearTimeout(idle);
    let group: Suspect[] = [];
    try {
      for (group = nextGroup(); group.length > 0; group = nextGroup()) await publishGroup(group);
    } catch (err) {
      log.warn({ err }, 'messages that may be refused were not published, trying again');
      for (const { settle } of group) settle('unsent'); // nothing for those that have their answer
      settleAll('unsent');
      await disconnect();
    }
    isRunning = false;
    if (suspects.length > 0) return run();
    if (stopping.signal.aborted) return disconnect();
    idle = setTimeout(() => void disconnect(), IDLE_MS).unref();
  };

  return {
    publish: (message: OutgoingMessage): Promise<PublishOutcome> => {
      const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
      suspects.push({ message, settle: resolve, isAlone: false });
      // with all others of this batch
      if (!isRunning) queueMicrotask(() => !isRunning && void run());
      return promise;
    },
    giveUp: (): void => {
      for (const { settle } of current?.takeOwed() ?? []) settle('failed');
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
