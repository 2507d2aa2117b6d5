import { setTimeout as pause } from 'node:timers/promises';
import type { RequestHandler, Response } from 'express';
import { soleAuthorization, type AuthenticateUntil } from '@mentor-sessions/service-kit/authentication';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { assertOperator } from './routes.ts';

type Watch<Look> = {
  /** Sends the last look, if there is a recent one, and then a new one every second until `signal` is aborted. */
  follow(send: (look: Look) => void, signal: AbortSignal): void;
};

const EVERY_MS = 1_000;

/** Looks only while someone watches, once for all watchers, and never twice at a time. */
export const createWatch = <Look>(look: () => Promise<Look>, log: Logger): Watch<Look> => {
  const watchers = new Set<(look: Look) => void>();
  let last: Look | undefined;
  let isLooking = false;

  const lookWhileWatched = async (): Promise<void> => {
    isLooking = true;
    while (watchers.size > 0) {
      const next = await look().catch((err: unknown) => void log.warn({ err }, 'status read failed; will retry'));
      if (next !== undefined) for (const send of watchers) send((last = next));
      await pause(EVERY_MS, undefined, { ref: false });
    }
    isLooking = false;
    last = undefined;
  };

  return {
    follow: (send, signal) => {
      // a page that gives up on slow looks and reconnects would otherwise never get one
      if (last !== undefined) send(last);
      watchers.add(send);
      signal.addEventListener('abort', () => watchers.delete(send), { once: true });
      if (!isLooking) void lookWhileWatched();
    },
  };
};

type StreamOptions = {
  readonly authenticate: AuthenticateUntil;
  readonly watch: Watch<object>;
  readonly closing: AbortSignal;
};

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), one for each look, until the token
 * expires. The page reads them with fetch, which sends the token in a header; EventSource would need it in the URL, where
 * logs would record it.
 */
export const streamEvents =
  ({ authenticate, watch, closing }: StreamOptions): RequestHandler =>
  async (request, response) => {
    let expiresAt: number;
    try {
      const verified = await authenticate(soleAuthorization(request));
      assertOperator(verified.actor);
      expiresAt = verified.expiresAt;
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
    watch.follow((look) => send(response, look, expiresAt), closed.signal);
  };

/** A reader that does not read would not read the end either. */
const end = (response: Response): void => {
  if (response.writableNeedDrain) response.destroy();
  else response.end();
};

/** Each look is complete, so a reader that has not read the last one skips this one and costs no more memory. */
const send = (response: Response, look: object, expiresAt: number): void => {
  if (Date.now() >= expiresAt) return end(response); // the timer does not notice a wall clock that is set forward
  if (!response.writableNeedDrain && !response.writableEnded) response.write(`data: ${JSON.stringify(look)}\n\n`);
};
