import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { openSession } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { loop, pause } from '@mentor-sessions/service-kit/loop';

type ListenerOptions = {
  readonly databaseUrl: string;
  readonly channel: string;
  /** Of the component, and of its connection. */
  readonly name: string;
  /** Called for each notification, and once after each connect: notifications sent before are lost. */
  readonly onNotified: (client: pg.Client) => void;
  /** Called every 5 s, since a connection may break silently; default: `select 1`. */
  readonly heartbeat?: (client: pg.Client) => Promise<unknown>;
  /** Called at a stop, while the connection is still open. */
  readonly beforeClose?: (client: pg.Client) => Promise<unknown>;
  readonly log: Logger;
};

const HEARTBEAT_MS = 5_000;
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;

/** Runs LISTEN on a connection of its own; reconnects a second after it is lost. */
export const createListener = (options: ListenerOptions): Component => {
  const listening = loop({
    name: `listening for ${options.name}`,
    run: ({ signal }) => listen(options, signal).then(() => 'retry'),
    restMs: RETRY_MS,
    retryMs: { first: RETRY_MS, longest: RETRY_MS },
    log: options.log,
  });
  return {
    name: options.name,
    start: listening.start,
    // nothing is in flight, so a database that does not answer is not waited for
    stop: () => Promise.race([listening.stop(), sleep(RETRY_MS, undefined, { ref: false })]),
  };
};

/** Until the connection ends, or the component stops. */
const listen = async (options: ListenerOptions, stopping: AbortSignal): Promise<void> => {
  const { databaseUrl, channel, name, onNotified, heartbeat, beforeClose } = options;
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: name,
    keepAlive: true,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS + 1_000, // so that the server times out first
  });
  const lost = new AbortController();
  const ended = AbortSignal.any([stopping, lost.signal]);
  let reason: Error | undefined;
  client.once('end', () => lost.abort(new Error('connection ended', { cause: reason })));
  client.on('error', (error) => (reason ??= error)); // 'end' follows; the server's reason comes first
  client.on('notification', () => onNotified(client));
  try {
    await client.connect();
    await openSession(client, { openTimeoutMs: TIMEOUT_MS });
    await client.query(`listen ${channel}`);
    onNotified(client);
    while (!ended.aborted) {
      await pause(HEARTBEAT_MS, ended);
      ended.throwIfAborted();
      await (heartbeat ? heartbeat(client) : client.query('select 1'));
    }
  } finally {
    const close = async (): Promise<void> => {
      if (stopping.aborted && !lost.signal.aborted) await beforeClose?.(client);
      await client.end();
    };
    await Promise.race([close().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
  }
};

/** Wakes loops that have something to do. */
export const createWakeUpSignal = () => {
  const listeners: (() => void)[] = [];
  return {
    wake: (): void => listeners.forEach((listener) => listener()),
    onWake: (listener: () => void): void => void listeners.push(listener),
  };
};
