import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import {
  cutConnection,
  dropConnection,
  nodesInTurn,
  openConnection,
  type BrokerAddress,
  type NextNode,
} from './connect.ts';
import { declareTopology, type Topology } from './topology.ts';
import { unwatched, type ConnectionWatch } from './watch.ts';

/** One connection to the broker, from the moment it stands until it is gone or the component stops. */
export type BrokerSession = {
  readonly connection: ChannelModel;
  /** Aborted when the connection is gone. */
  readonly lost: AbortSignal;
  /** Aborted when the component is asked to stop. */
  readonly stopping: AbortSignal;
  /** Aborted when either is. */
  readonly over: AbortSignal;
};

export type BrokerSessionsOptions = {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  /** What the connection is for, in a word. */
  readonly purpose: string;
  readonly log: Logger;
};

const TOPOLOGY_CHECK_MS = 30_000;
/** What is under way at a stop may take so long; then a broker that does not answer is not waited for. */
const STOP_WITHIN_MS = 4_000;
const PAUSE_MS = { first: 50, longest: 1_000, refused: 60_000 };

/**
 * Connects, declares the topology, runs `serve` until it returns or throws, and does so again until it is stopped.
 * Everything that goes wrong at the broker is mended here, in one way: a new connection, a new declaration. While it
 * stands, the topology is declared again every 30 s, so that what somebody deleted comes back.
 */
export const brokerSessions = (
  options: BrokerSessionsOptions,
  serve: (session: BrokerSession) => Promise<void>,
): Component => {
  const { broker, purpose, log } = options;
  const { watch: watchOf = unwatched } = broker;
  const watch = watchOf(purpose);
  const nextNode = nodesInTurn(broker.urls);
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const report = (err: unknown): void => {
    if (err instanceof ConnectionLost)
      return log.warn({ err: err.cause, connection: broker.name }, 'broker connection lost, connecting again');
    const level = needsAnOperator.has((err as { code?: number }).code ?? 0) ? 'error' : 'warn';
    log[level]({ err, connection: broker.name }, 'broker connection failed, trying again');
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stop.signal.aborted) {
      const startedAt = performance.now();
      let isRefused = false;
      try {
        await oneSession({ ...options, watch, nextNode }, serve, stop.signal);
      } catch (err) {
        isRefused = broker.refusal !== undefined && (err as { code?: number }).code === 403;
        if (isRefused) broker.refusal?.said(err);
        else if (!stop.signal.aborted) report(err);
      }
      if (!stop.signal.aborted) watch.failed();
      failures = performance.now() - startedAt > PAUSE_MS.longest ? 0 : failures + 1;
      await pause(isRefused ? PAUSE_MS.refused : backoff(failures), undefined, { signal: stop.signal }).catch(
        () => undefined,
      );
    }
  };

  return {
    name: `broker connection ${broker.name}`,
    start: async () => {
      running = run();
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
};

/** Refused (403), something else under that name (406), no such virtual host or no access to it (530): retrying does not help. */
const needsAnOperator = new Set([403, 406, 530]);

/** Its cause is the reason: of the broker, of the socket, or a heartbeat that did not come. */
class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super('broker connection lost', { cause: cause ?? new Error('closed without a reason') });
  }
}

const backoff = (failures: number): number =>
  Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** failures) * (0.5 + Math.random() / 2);

type SessionParts = BrokerSessionsOptions & { readonly watch: ConnectionWatch; readonly nextNode: NextNode };

const oneSession = async (
  { broker, topology, watch, nextNode, log }: SessionParts,
  serve: (session: BrokerSession) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> => {
  const connection = await openConnection(broker, stopping, nextNode);
  const lost = new AbortController();
  let reason: unknown;
  connection.on('error', (err) => (reason ??= err)); // reported once, below
  connection.on('close', (err?: Error) => {
    reason ??= err;
    lost.abort();
  });
  connection.on('blocked', () => watch.blocked(true));
  connection.on('unblocked', () => watch.blocked(false));
  const over = AbortSignal.any([lost.signal, stopping]);
  const loseSoon = (): void => void setTimeout(() => cutConnection(connection), STOP_WITHIN_MS).unref();
  stopping.addEventListener('abort', loseSoon);
  const check = keepDeclaring(connection, topology, (err) => {
    if (!over.aborted) log.error({ err }, 'topology cannot be declared');
  });
  try {
    await declareTopology(connection, topology);
    log.info({ connection: broker.name }, 'broker connected');
    broker.refusal?.over();
    watch.opened();
    if (!over.aborted) await serve({ connection, lost: lost.signal, stopping, over });
    lost.signal.throwIfAborted();
  } catch (error) {
    throw lost.signal.aborted ? new ConnectionLost(reason) : error;
  } finally {
    watch.ended();
    clearInterval(check);
    stopping.removeEventListener('abort', loseSoon);
    await dropConnection(connection);
  }
};

const keepDeclaring = (connection: ChannelModel, topology: Topology, onError: (err: unknown) => void) => {
  let underWay = false; // a broker that is slow to answer is not asked by ever more channels
  return setInterval(() => {
    if (underWay) return;
    underWay = true;
    void declareTopology(connection, topology)
      .catch(onError)
      .finally(() => (underWay = false));
  }, TOPOLOGY_CHECK_MS);
};
