import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { openSession } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';

export type ListenerOptions = {
  readonly databaseUrl: string;
  readonly channel: string;
  /** Of the component, and of its connection. */
  readonly name: string;
  /** Called for each notification, and once after each new connection: what was announced before it was not heard. */
  readonly onNotified: (client: pg.Client) => void;
  /** Asked every 5 s, since a connection may die without a word; default: `select 1`. */
  readonly heartbeat?: (client: pg.Client) => Promise<unknown>;
  /** At a stop, while the connection still stands. */
  readonly beforeClose?: (client: pg.Client) => Promise<unknown>;
  readonly log: Logger;
};

const HEARTBEAT_MS = 5_000;
const PAUSE_MS = 1_000;
const TIMEOUT_MS = 5_000;
const session = {
  statementTimeoutMs: TIMEOUT_MS,
  lockTimeoutMs: 3_000,
  idleInTransactionTimeoutMs: 10_000,
  openTimeoutMs: TIMEOUT_MS,
};

/** Listens on a connection of its own, for ever; a lost one is replaced after a second. */
export const createListener = (listening: ListenerOptions): Component => {
  const { name, log } = listening;
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const listen = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await listenOnce(listening, stop.signal);
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err }, `listening for ${name} failed, trying again`);
      }
      await pause(PAUSE_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };

  return {
    name,
    start: async () => {
      running = listen();
    },
    stop: async () => {
      stop.abort();
      // there is nothing to finish: a database that does not answer is not waited for
      await Promise.race([running, pause(PAUSE_MS, undefined, { ref: false })]);
    },
  };
};

const askWhetherAlive = (client: pg.Client): Promise<unknown> => client.query('select 1');

const listenOnce = async (listening: ListenerOptions, signal: AbortSignal): Promise<void> => {
  const { databaseUrl, channel, name, onNotified, heartbeat: beat = askWhetherAlive, beforeClose: goodbye } = listening;
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: name,
    keepAlive: true,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS + 1_000, // so that the server is first to give up
  });
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  let reason: Error | undefined;
  client.once('end', () => ended.abort(new Error('connection ended', { cause: reason })));
  client.on('error', (error) => (reason ??= error)); // 'end' follows; the server says why first
  client.on('notification', () => onNotified(client));
  try {
    await client.connect();
    await openSession(client, session);
    await client.query(`listen ${channel}`);
    onNotified(client);
    while (!over.aborted) {
      await pause(HEARTBEAT_MS, undefined, { signal: over, ref: false }).catch(() => over.throwIfAborted());
      await beat(client);
    }
  } finally {
    const leave = async (): Promise<void> => {
      if (signal.aborted && !ended.signal.aborted) await goodbye?.(client);
      await client.end();
    };
    await Promise.race([leave().catch(() => undefined), pause(1_000, undefined, { ref: false })]);
  }
};
