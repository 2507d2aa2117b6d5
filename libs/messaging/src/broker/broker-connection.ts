import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { loop, pause } from '@mentor-sessions/service-kit/loop';
import {
  cutConnection,
  dropConnection,
  nodesInTurn,
  openConnection,
  type BrokerAddress,
  type ConnectionReport,
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
export const keepConnected = ({ broker, topology, purpose, log }: Options, serve: Serve): Component => {
  const { observe: metrics, report = logEach(broker.name, log) } = broker;
  const label = { connection: purpose };
  const nextNode = nodesInTurn(broker.urls);
  for (const gauge of [metrics?.connected, metrics?.blocked]) gauge?.set(label, 0);
  for (const counter of [metrics?.opened, metrics?.failed]) counter?.inc(label, 0);

  const connectAndServe = async (stopping: AbortSignal): Promise<void> => {
    const amqp = await openConnection(broker, stopping, nextNode);
    const lost = new AbortController();
    let reason: unknown;
    amqp.on('error', (err) => (reason ??= err)); // reported once, by the caller
    amqp.on('close', (err?: Error) => {
      reason ??= err;
      lost.abort();
    });
    amqp.on('blocked', () => metrics?.blocked.set(label, 1));
    amqp.on('unblocked', () => metrics?.blocked.set(label, 0));
    const ended = AbortSignal.any([lost.signal, stopping]);
    const cutSoon = (): void => void setTimeout(() => cutConnection(amqp), STOP_WITHIN_MS).unref();
    stopping.addEventListener('abort', cutSoon);
    const declaring = keepDeclaring(amqp, topology, (err) => {
      if (!ended.aborted) log.error({ err }, 'topology cannot be declared');
    });
    try {
      await declareTopology(amqp, topology);
      report.opened(purpose);
      metrics?.opened.inc(label);
      metrics?.connected.set(label, 1);
      if (!ended.aborted) await serve({ amqp, lost: lost.signal, stopping, ended });
      lost.signal.throwIfAborted();
    } catch (error) {
      throw lost.signal.aborted ? new ConnectionLost(reason) : error;
    } finally {
      metrics?.connected.set(label, 0);
      metrics?.blocked.set(label, 0);
      clearInterval(declaring);
      stopping.removeEventListener('abort', cutSoon);
      await dropConnection(amqp);
    }
  };

  /** Returns when to try again (ms); undefined: after the usual backoff. */
  const reportFailure = (error: unknown): number | undefined => {
    if (!(error instanceof ConnectionLost)) return report.failed(purpose, error);
    report.lost(purpose, error.cause);
    return undefined;
  };

  return loop({
    name: `broker connection ${broker.name}`,
    restMs: 0,
    retryMs: RETRY_MS,
    log,
    run: async ({ signal }) => {
      const failure = await connectAndServe(signal).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (signal.aborted) return 'rest';
      metrics?.failed.inc(label);
      const waitMs = failure ? reportFailure(failure.error) : undefined;
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
    const { code = 0 } = (err ?? {}) as { code?: number };
    log[needsAnOperator.has(code) ? 'error' : 'warn']({ err, connection }, 'broker connection failed; will retry');
    return undefined;
  },
});

/** Access refused (403), declared with other arguments (406), no such virtual host or no access to it (530): a retry alone does not help. */
const needsAnOperator = new Set([403, 406, 530]);

/** Its cause is the reason that the broker, the socket or the missing heartbeat gave. */
class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super('broker connection lost', { cause: cause ?? new Error('closed without a reason') });
  }
}

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
