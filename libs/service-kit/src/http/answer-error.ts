import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { NotFound, OutcomeUnknown, ProblemError, Unavailable } from '../errors.ts';
import { ClientGone } from './body.ts';
import { internalError, PROBLEM_TYPE, problemDocument } from './problem.ts';

/** The one place where errors become answers. */
export const answerError = (log: Logger, registry?: Registry): ErrorRequestHandler => {
  const note = noteError(log);
  const count = registry && problemCounter(registry);

  return (error: unknown, request, response, _next) => {
    const requestId = String(response.locals['requestId']);
    const problem = toProblem(error);
    note(problem, error, requestId);
    if (!(error instanceof ClientGone)) count?.inc({ code: problem.code });
    if (error instanceof ClientGone || request.socket.destroyed) return void request.socket.destroy();
    // Half an answer is out: the cut connection tells the client that it is not whole.
    if (response.headersSent) return void request.socket.destroy();
    write(request, response, problem);
  };
};

const problemCounter = (registry: Registry): Counter<'code'> =>
  new Counter({
    name: 'http_problems_total',
    help: 'problem documents answered, by their code',
    labelNames: ['code'],
    registers: [registry],
  });

const toProblem = (error: unknown): ProblemError => {
  if (error instanceof ProblemError) return error;
  return isUndecodablePath(error) ? new NotFound('There is nothing at this path.') : internalError(error);
};

// Express refuses %E0%A4%A and the like with a 400; such a path names nothing.
const isUndecodablePath = (error: unknown): boolean => error instanceof URIError && 'status' in error;

const noteError = (log: Logger) => {
  let warnedAt = -Infinity;
  return (problem: ProblemError, err: unknown, requestId: string): void => {
    if (err instanceof ClientGone) return log.debug({ requestId }, 'the client left');
    if (problem.status === 500) return log.error({ err, requestId }, 'unexpected error');
    if (!(problem instanceof Unavailable || problem instanceof OutcomeUnknown)) return;
    // One a second: an outage is one event, not one per request.
    const level = performance.now() - warnedAt > 1_000 ? 'warn' : 'debug';
    if (level === 'warn') warnedAt = performance.now();
    log[level]({ err, requestId }, 'answered 503');
  };
};

const write = (request: Request, response: Response, problem: ProblemError): void => {
  const instance = request.originalUrl.split('?', 1)[0];
  const requestId = String(response.locals['requestId']);
  const text = JSON.stringify(problemDocument(problem, { instance, requestId }));
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', PROBLEM_TYPE);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.setHeader('Cache-Control', 'no-store');
  response.end(text);
};
