import type { RequestHandler, Response } from 'express';
import { soleAuthorization, type AuthenticateUntil } from '@mentor-sessions/service-kit/authentication';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import { assertOperator } from './operator.ts';
import type { Watch } from './watch.ts';

type Needs = { readonly authenticate: AuthenticateUntil; readonly watch: Watch<object>; readonly closing: AbortSignal };

/**
 * `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html), one event for each look, until the
 * token ends. The page reads it with fetch, which can send the token in a header: EventSource would have it in the URL,
 * and so in logs.
 */
export const streamEvents =
  ({ authenticate, watch, closing }: Needs): RequestHandler =>
  async (request, response) => {
    let expiresAt: number;
    try {
      const verified = await authenticate(soleAuthorization(request));
      assertOperator(verified.actor);
      expiresAt = verified.expiresAt;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return void response.status(error.status).json({ status: error.status, code: error.code, detail: error.message });
    }
    const left = new AbortController();
    const ended = setTimeout(() => end(response), expiresAt - Date.now()).unref();
    response.on('close', () => {
      clearTimeout(ended);
      left.abort();
    });
    closing.addEventListener('abort', () => end(response), { once: true, signal: left.signal });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.flushHeaders();
    watch.follow((seen) => tell(response, seen, expiresAt), left.signal);
  };

// A reader that does not read would never take the end of it either.
const end = (response: Response): void => void (response.writableNeedDrain ? response.destroy() : response.end());

/** Each look is the whole picture: a reader that has not taken the last one misses this one, and costs no more memory. */
const tell = (response: Response, seen: object, expiresAt: number): void => {
  if (Date.now() >= expiresAt) return end(response); // a wall clock that was set forward: the timer does not see it
  if (!response.writableNeedDrain && !response.writableEnded) response.write(`data: ${JSON.stringify(seen)}\n\n`);
};
