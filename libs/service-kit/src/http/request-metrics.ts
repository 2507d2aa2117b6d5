import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';
import { clientAddress } from './client-address.ts';

const verbs = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

/** `resource`: the id in the path. */
type Locals = {
  readonly requestId: string;
  readonly route?: string;
  readonly resource?: string;
  readonly traceId?: string;
};

/**
 * Measures every request. At DEBUG it is logged as well: a line for each at INFO costs more than most requests do, and
 * metrics say more.
 */
export const requestMetrics = (registry: Registry | undefined, log: Logger): RequestHandler => {
  const durations = registry && requestDurations(registry);
  return (request, response, next) => {
    const startedAt = performance.now();
    // now: a closed connection has no address
    const address = log.isLevelEnabled('debug') ? clientAddress(request) : undefined;
    response.once('close', () => {
      const ms = performance.now() - startedAt;
      const method = verbs.has(request.method) ? request.method : 'other';
      const { requestId, route = 'unmatched', resource, traceId } = response.locals as Locals;
      // as in nginx: 499 = the client left before the response
      const status = response.writableFinished ? response.statusCode : 499;
      durations?.observe({ method, route, status }, ms / 1_000);
      if (log.isLevelEnabled('debug'))
        log.debug({ requestId, traceId, address, method, route, resource, status, ms }, 'answered');
    });
    next();
  };
};

const requestDurations = (registry: Registry) =>
  new Histogram({
    name: 'http_request_duration_seconds',
    help: 'time from the arrival of a request to the end of its response',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
