import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';

const verbs = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

/** `resource`: id of the booking or session that was asked for. */
type Locals = { readonly route?: string; readonly resource?: string; readonly traceId?: string };

/** Measures every answer. At DEBUG it is logged as well: a line per request at INFO costs more than most requests do, and metrics say more. */
export const requestObserver = (registry: Registry | undefined, log: Logger) => {
  const durations = registry && requestDurations(registry);
  return (request: IncomingMessage, response: ServerResponse, requestId: string): void => {
    const startedAt = performance.now();
    response.once('close', () => {
      const ms = performance.now() - startedAt;
      const method = verbs.has(request.method ?? '') ? request.method! : 'other';
      const { route = 'unmatched', resource, traceId } = (response as { locals?: Locals }).locals ?? {};
      // As nginx has it: 499 = the client left before it was answered.
      const status = response.writableFinished ? response.statusCode : 499;
      durations?.observe({ method, route, status }, ms / 1_000);
      if (log.isLevelEnabled('debug'))
        log.debug({ requestId, traceId, method, route, resource, status, ms }, 'answered');
    });
  };
};

const requestDurations = (registry: Registry) =>
  new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
