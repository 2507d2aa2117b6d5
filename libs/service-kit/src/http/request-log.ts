import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';

const NAME = 'http_request_duration_seconds';
const verbs = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

/** `resource`: id of the booking or session that was asked for. */
type Locals = { readonly route?: string; readonly resource?: string; readonly traceId?: string };

type Observed = { readonly observe: (seconds: number) => void };

/** Measures every answer. At DEBUG it is logged as well: a line per request at INFO costs more than most requests do, and metrics say more. */
export const requestObserver = (registry: Registry | undefined, log: Logger) => {
  const histogram = registry && durations(registry);
  const series = new Map<string, Observed>();
  const seriesOf = (method: string, route: string, status: string): Observed | undefined => {
    const key = `${method} ${route} ${status}`;
    const known = series.get(key) ?? histogram?.labels({ method, route, status });
    if (known) series.set(key, known);
    return known;
  };
  return (request: IncomingMessage, response: ServerResponse, requestId: string): void => {
    const startedAt = performance.now();
    response.once('close', () => {
      const ms = performance.now() - startedAt;
      const method = verbs.has(request.method ?? '') ? request.method! : 'other';
      const { route = 'unmatched', resource, traceId } = (response as { locals?: Locals }).locals ?? {};
      // As nginx has it: 499 = the client left before it was answered.
      const status = response.writableFinished ? response.statusCode : 499;
      seriesOf(method, route, String(status))?.observe(ms / 1_000);
      if (log.isLevelEnabled('debug'))
        log.debug({ requestId, traceId, method, route, resource, status, ms }, 'answered');
    });
  };
};

const durations = (registry: Registry): Histogram<'method' | 'route' | 'status'> =>
  (registry.getSingleMetric(NAME) as Histogram<'method' | 'route' | 'status'> | undefined) ??
  new Histogram({
    name: NAME,
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
