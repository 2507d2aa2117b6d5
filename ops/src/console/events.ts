import type { RequestHandler } from 'express';
import type { Authenticate } from '@mentor-sessions/service-kit/authentication';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import { assertOperator } from './operator.ts';
import type { Watch } from './watch.ts';

type Needs = { readonly authenticate: Authenticate; readonly watch: Watch<object>; readonly closing: AbortSignal };

/**
 * `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html), one event for each look. The page
 * reads it with fetch, which can send the token in a header: EventSource would have it in the URL, and so in logs.
 */
export const streamEvents =
  ({ authenticate, watch, closing }: Needs): RequestHandler =>
  async (request, response) => {
    try {
      assertOperator(await authenticate(request.headers.authorization));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return void response.status(error.status).json({ status: error.status, code: error.code, detail: error.message });
    }
    const left = new AbortController();
    response.on('close', () => left.abort());
    closing.addEventListener('abort', () => response.end(), { once: true, signal: left.signal });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.flushHeaders();
    watch.follow((seen) => void response.write(`data: ${JSON.stringify(seen)}\n\n`), left.signal);
  };
