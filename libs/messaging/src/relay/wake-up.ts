import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { OUTBOX_CHANNEL } from '../outbox/announcer.ts';

export type WakeUp = Component & {
  /** Grows with every notification; read it before looking into the outbox. */
  count(): number;
  /** Resolves once the count has left `seen`, or after `timeoutMs`. */
  changedSince(seen: number, timeoutMs: number): Promise<void>;
  /** Wakes everybody, as a notification does. */
  wake(): void;
};

const HEARTBEAT_MS = 5_000;
const PAUSE_MS = 1_000;

/**
 * Listens for announcements. Its connection may die without a word, so it is asked every 5 s; after a new connection
 * everybody is woken once, since what was announced meanwhile was not heard.
 */
export const createWakeUp = (databaseUrl: string, log: Logger): WakeUp => {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let count = 0;
  let waiting = new Set<() => void>();

  const wake = (): void => {
    count++;
    const woken = waiting;
    waiting = new Set();
    for (const resolve of woken) resolve();
  };

  const listen = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await listenOnce(databaseUrl, wake, stop.signal);
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err }, 'listening for the outbox failed, polling meanwhile');
      }
      await pause(PAUSE_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };

  return {
    name: 'outbox wake-up',
    count: () => count,
    wake,
    changedSince: async (seen, timeoutMs) => {
      if (count !== seen) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      waiting.add(resolve);
      await promise;
      clearTimeout(timer);
      waiting.delete(resolve);
    },
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

const listenOnce = async (connectionString: string, onNotified: () => void, signal: AbortSignal): Promise<void> => {
  const client = new pg.Client({
    connectionString,
    application_name: 'outbox wake-up',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  client.once('end', () => ended.abort(new Error('connection ended')));
  client.on('error', () => undefined); // 'end' follows
  client.on('notification', onNotified);
  try {
    await client.connect();
    await client.query(`listen ${OUTBOX_CHANNEL}`);
    onNotified();
    while (!over.aborted) {
      await pause(HEARTBEAT_MS, undefined, { signal: over, ref: false });
      await client.query('select 1');
    }
  } finally {
    await Promise.race([client.end().catch(() => undefined), pause(1_000, undefined, { ref: false })]);
  }
};
