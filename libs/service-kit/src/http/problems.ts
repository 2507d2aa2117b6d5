import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { NotFound, OutcomeUnknown, ProblemError, Unavailable } from '../errors.ts';
import { ClientGone } from './body.ts';
import { send } from './handle-route.ts';
import { titleOf } from './problem-catalogue.ts';
import { publicTarget } from './public-path.ts';

type Occurrence = { readonly base: string; readonly instance?: string | undefined; readonly requestId: string };

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457. Extras cannot replace the standard members. The type is relative: its page is on the server that answered. */
export const problemDocument = (problem: ProblemError, { base, instance, requestId }: Occurrence): object => ({
  ...problem.extras,
  type: `${base}/problems/${problem.code}`,
  title: titleOf(problem),
  status: problem.status,
  code: problem.code,
  detail: problem.message,
  instance,
  requestId,
});

export const malformedRequest = (detail: string) => new ProblemError(400, 'malformed-request', detail);

export const methodNotAllowed = (allowed: readonly string[]) => {
  const headers = { Allow: allowed.join(', ') };
  return new ProblemError(405, 'method-not-allowed', `This resource allows ${headers.Allow}.`, { headers });
};

type Answering = { readonly log: Logger; readonly registry?: Registry | undefined; readonly base: string };

/** The one place where errors become responses. */
export const answerErrors = ({ log, registry, base }: Answering): ErrorRequestHandler => {
  const report = reportErrors(log);
  const count = registry && problemCounter(registry);
  return (error: unknown, request, response, _next) => {
    const requestId = String(response.locals['requestId']);
    const problem = toProblem(error);
    report(problem, error, requestId);
    if (!(error instanceof ClientGone)) count?.inc({ code: problem.code });
    // With half a response sent, a cut connection tells the client that it is incomplete.
    if (error instanceof ClientGone || request.socket.destroyed || response.headersSent)
      return void request.socket.destroy();
    write(request, response, problem, base);
  };
};

const problemCounter = (registry: Registry): Counter<'code'> =>
  new Counter({
    name: 'http_problems_total',
    help: 'problem documents sent, by code',
    labelNames: ['code'],
    registers: [registry],
  });

const toProblem = (error: unknown): ProblemError => {
  if (error instanceof ProblemError) return error;
  // Express answers %E0%A4%A and the like with 400; such a path names nothing.
  if (error instanceof URIError && 'status' in error) return new NotFound('There is no resource at this path.');
  // the text of an unexpected error is in the log, never in the response
  return new ProblemError(500, 'internal', 'An unexpected error occurred. The requestId identifies it in our logs.');
};

const reportErrors = (log: Logger) => {
  let warnedAt = -Infinity;
  return (problem: ProblemError, err: unknown, requestId: string): void => {
    if (err instanceof ClientGone) return log.debug({ requestId }, 'client disconnected');
    if (problem.status === 500) return log.error({ err, requestId }, 'unexpected error');
    if (!(problem instanceof Unavailable || problem instanceof OutcomeUnknown)) return;
    // one warning a second: an outage is one event, not one per request
    const level = performance.now() - warnedAt > 1_000 ? 'warn' : 'debug';
    if (level === 'warn') warnedAt = performance.now();
    log[level]({ err, requestId }, 'answered 503');
  };
};

const write = (request: Request, response: Response, problem: ProblemError, base: string): void => {
  const instance = publicTarget(base, request.originalUrl).split('?', 1)[0];
  const requestId = String(response.locals['requestId']);
  const body = problemDocument(problem, { base, instance, requestId });
  const headers = { ...problem.headers, 'Cache-Control': 'no-store' };
  send(response, { status: problem.status, body, headers }, PROBLEM_TYPE);
};
