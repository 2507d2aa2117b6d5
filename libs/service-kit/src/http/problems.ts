import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { NotFound, OutcomeUnknown, ProblemError, Unavailable } from '../errors.ts';
import { ClientGone } from './body.ts';
import { publicTarget } from './public-path.ts';

type Occurrence = { readonly base: string; readonly instance?: string | undefined; readonly requestId: string };

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457. Extras cannot replace the standard members. The type is relative: its page is on the server that answered. */
export const problemDocument = (problem: ProblemError, { base, instance, requestId }: Occurrence): object => ({
  ...problem.extras,
  type: `${base}/problems/${problem.code}`,
  title: problem.title,
  status: problem.status,
  code: problem.code,
  detail: problem.message,
  instance,
  requestId,
});

export const malformedRequest = (detail: string): ProblemError =>
  new ProblemError({ status: 400, code: 'malformed-request', detail });

/** For an unexpected error: its text is in the log, never in the response. */
const internalError = (cause: unknown): ProblemError =>
  new ProblemError({
    status: 500,
    code: 'internal',
    detail: 'An unexpected error occurred. The requestId identifies it in our logs.',
    cause,
  });

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
  return isUndecodablePath(error) ? new NotFound('There is no resource at this path.') : internalError(error);
};

// Express answers %E0%A4%A and the like with 400; such a path names nothing.
const isUndecodablePath = (error: unknown): boolean => error instanceof URIError && 'status' in error;

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
  const text = JSON.stringify(problemDocument(problem, { base, instance, requestId }));
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', PROBLEM_TYPE);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.setHeader('Cache-Control', 'no-store');
  response.end(text);
};
