import { setTimeout as pause } from 'node:timers/promises';
import type { RequestHandler, Response } from 'express';
import { soleAuthorization, type Authenticate } from '@mentor-sessions/service-kit/authentication';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import type { Logger } from '@mentor-sessions/service-kit/log';

type Watch<T> = {
  /** Sends what was read last, if that is recent, and then a new reading every second until `signal` is aborted. */
  follow(send: (reading: T) => void, signal: AbortSignal): void;
};

const EVERY_MS = 1_000;

/** Reads only while there are watchers, once for all of them, and never twice at a time. */
export const createWatch = <T>(read: () => Promise<T>, log: Logger): Watch<T> => {
  const watchers = new Set<(reading: T) => void>();
  let last: T | undefined;
  let isReading = false;

  const readWhileWatched = async (): Promise<void> => {
    isReading = true;
    while (watchers.size > 0) {
      const next = await read().catch((err: unknown) => void log.warn({ err }, 'status read failed; will retry'));
      if (next !== undefined) for (const send of watchers) send((last = next));
      await pause(EVERY_MS, undefined, { ref: false });
    }
    isReading = false;
    last = undefined;
  };

  return {
    follow: (send, signal) => {
      // a page that gives up on slow readings and reconnects would otherwise never get one
      if (last !== undefined) send(last);
      watchers.add(send);
      signal.addEventListener('abort', () => watchers.delete(send), { once: true });
      if (!isReading) void readWhileWatched();
    },
  };
};

type StreamOptions = {
  readonly authenticate: Authenticate;
  readonly watch: Watch<object>;
  readonly closing: AbortSignal;
};

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), one for each reading, until the token
 * expires. The page reads them with fetch, which sends the token in a header; EventSource would need it in the URL, where
 * logs would record it.
 */
export const streamEvents =
  ({ authenticate, watch, closing }: StreamOptions): RequestHandler =>
  async (request, response) => {
    let expiresAt: number;
    try {
      ({ expiresAt } = await authenticate(soleAuthorization(request)));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      response.status(error.status).json({ status: error.status, code: error.code, detail: error.message });
      return;
    }
    const closed = new AbortController();
    const expiry = setTimeout(() => end(response), expiresAt - Date.now()).unref();
    response.on('close', () => {
      clearTimeout(expiry);
      closed.abort();
    });
    closing.addEventListener('abort', () => end(response), { once: true, signal: closed.signal });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.flushHeaders();
    watch.follow((reading) => send(response, reading, expiresAt), closed.signal);
  };

/** A reader that does not read would not read the end either. */
const end = (response: Response): void => {
  if (response.writableNeedDrain) response.destroy();
  else response.end();
};

/** Each reading is complete, so a slow reader skips the next one instead of filling memory. */
const send = (response: Response, reading: object, expiresAt: number): void => {
  if (Date.now() >= expiresAt) return end(response); // the timer does not notice a wall clock that is set forward
  if (!response.writableNeedDrain && !response.writableEnded) response.write(`data: ${JSON.stringify(reading)}\n\n`);
};
