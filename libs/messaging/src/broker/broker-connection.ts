import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { loop, pause } from '@mentor-sessions/service-kit/loop';
import {
  cutConnection,
  dropConnection,
  ignoreConnection,
  nodesInTurn,
  openConnection,
  type BrokerAddress,
  type ConnectionObserver,
  type ConnectionReport,
  type NextNode,
} from './connect.ts';
import { declareTopology, type Topology } from './topology.ts';

/** An open connection to the broker. */
export type BrokerConnection = {
  readonly amqp: ChannelModel;
  /** Aborted when the connection is closed or broken. */
  readonly lost: AbortSignal;
  /** Aborted when the component is asked to stop. */
  readonly stopping: AbortSignal;
  /** Aborted when either is. */
  readonly ended: AbortSignal;
};

type Options = {
  readonly broker: BrokerAddress;
  readonly topology: Topology;
  /** What the connection is for, in a word: the label of its metrics. */
  readonly purpose: string;
  readonly log: Logger;
};

type Serve = (connection: BrokerConnection) => Promise<void>;

const DECLARE_EVERY_MS = 30_000;
/** Time for work in flight at a stop; a broker that does not answer by then is cut off. */
const STOP_WITHIN_MS = 4_000;
const RETRY_MS = { first: 50, longest: 1_000 };

/**
 * Connects, declares the topology and runs `serve`; when `serve` returns or throws, starts over, until it is stopped.
 * Every broker failure is handled here and in this one way. While the connection is open, the topology is declared
 * again every 30 s, so that deleted queues and bindings come back.
 */
export const keepConnected = (options: Options, serve: Serve): Component => {
  const { broker, purpose, log } = options;
  const { observe = ignoreConnection, report = logEach(broker.name, log) } = broker;
  const observer = observe(purpose);
  const nextNode = nodesInTurn(broker.urls);

  return loop({
    name: `broker connection ${broker.name}`,
    restMs: 0,
    retryMs: RETRY_MS,
    log,
    run: async ({ signal }) => {
      const parts = { serve, observer, report, nextNode, stopping: signal };
      const failure = await connectAndServe(options, parts).then(
        () => null,
        (err: unknown) => ({ err }),
      );
      if (signal.aborted) return 'rest';
      observer.failed();
      if (!failure) return 'retry';
      if (failure.err instanceof ConnectionLost) {
        report.lost(purpose, failure.err.cause);
        return 'retry';
      }
      const waitMs = report.failed(purpose, failure.err);
      if (waitMs === undefined) return 'retry';
      await pause(waitMs, signal);
      return 'again';
    },
  });
};

const logEach = (connection: string, log: Logger): ConnectionReport => ({
  opened: () => log.info({ connection }, 'broker connected'),
  lost: (_, err) => log.warn({ err, connection }, 'broker connection lost; reconnecting'),
  failed: (_, err) => {
    log[needsAnOperator.has(codeOf(err)) ? 'error' : 'warn'](
      { err, connection },
      'broker connection failed; will retry',
    );
    return undefined;
  },
});

/** Access refused (403), declared with other arguments (406), no such virtual host or no access to it (530): a retry alone does not help. */
const needsAnOperator = new Set([403, 406, 530]);

const codeOf = (error: unknown): number => (error as { code?: number } | null)?.code ?? 0;

/** Its cause is the reason that the broker, the socket or the missing heartbeat gave. */
class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super('broker connection lost', { cause: cause ?? new Error('closed without a reason') });
  }
}

type Parts = {
  readonly serve: Serve;
  readonly observer: ConnectionObserver;
  readonly report: ConnectionReport;
  readonly nextNode: NextNode;
  readonly stopping: AbortSignal;
};

const connectAndServe = async (
  { broker, topology, purpose, log }: Options,
  { serve, observer, report, nextNode, stopping }: Parts,
): Promise<void> => {
  const amqp = await openConnection(broker, stopping, nextNode);
  const lost = new AbortController();
  let reason: unknown;
  amqp.on('error', (err) => (reason ??= err)); // reported once, by the caller
  amqp.on('close', (err?: Error) => {
    reason ??= err;
    lost.abort();
  });
  amqp.on('blocked', () => observer.blocked(true));
  amqp.on('unblocked', () => observer.blocked(false));
  const ended = AbortSignal.any([lost.signal, stopping]);
  const cutSoon = (): void => void setTimeout(() => cutConnection(amqp), STOP_WITHIN_MS).unref();
  stopping.addEventListener('abort', cutSoon);
  const declaring = keepDeclaring(amqp, topology, (err) => {
    if (!ended.aborted) log.error({ err }, 'topology cannot be declared');
  });
  try {
    await declareTopology(amqp, topology);
    report.opened(purpose);
    observer.opened();
    if (!ended.aborted) await serve({ amqp, lost: lost.signal, stopping, ended });
    lost.signal.throwIfAborted();
  } catch (error) {
    throw lost.signal.aborted ? new ConnectionLost(reason) : error;
  } finally {
    observer.ended();
    clearInterval(declaring);
    stopping.removeEventListener('abort', cutSoon);
    await dropConnection(amqp);
  }
};

const keepDeclaring = (connection: ChannelModel, topology: Topology, onError: (err: unknown) => void) => {
  let isDeclaring = false; // a slow broker must not gather open channels
  return setInterval(() => {
    if (isDeclaring) return;
    isDeclaring = true;
    void declareTopology(connection, topology)
      .catch(onError)
      .finally(() => (isDeclaring = false));
  }, DECLARE_EVERY_MS);
};
