import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Counter, Gauge, type Registry } from 'prom-client';
import { look, type Checks, type Seen } from './admin/checks.ts';
import type { Component } from './lifecycle.ts';
import { droppedLogLines } from './log.ts';
import { loop } from './loop.ts';

export type { Checks } from './admin/checks.ts';

export type AdminServer = Component & { url(): string };

export type AdminServerOptions = {
  readonly host?: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly checks: Checks;
  readonly registry: Registry;
  readonly log: Logger;
};

/** For operators and orchestrators, on a listener of its own: `/livez` (the process turns), `/readyz` (it can do its work), `/metrics`. */
export const createAdminServer = (options: AdminServerOptions): AdminServer => {
  const { host = '0.0.0.0', port, checks, registry, log } = options;
  let stopping = false;
  nodeMetrics(registry);
  logMetrics(registry);
  const isReady = (seen: Seen): boolean => !stopping && Object.values(seen).every((result) => result === true);
  const say = sayChanges(log);
  const lookAndSay = async (): Promise<Seen> => {
    const seen = await look(checks);
    if (!stopping) say(seen);
    return seen;
  };
  readinessGauge(registry, async () => isReady(await lookAndSay()));
  const pages: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
    '/livez': async (response) => json(response, 200, { status: 'alive' }),
    '/readyz': async (response) => {
      const seen = await lookAndSay();
      const ready = isReady(seen);
      json(response, ready ? 200 : 503, {
        status: stopping ? 'stopping' : ready ? 'ready' : 'not ready',
        checks: seen,
      });
    },
    '/metrics': async (response) => {
      const text = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
    },
  };
  const server = createServer((request, response) => {
    const page = pages[request.url?.split('?', 1)[0] ?? ''];
    if (!page || !['GET', 'HEAD'].includes(request.method ?? '')) return json(response, 404, { status: 'not found' });
    page(response).catch((err: unknown) => {
      log.error({ err, path: request.url }, 'admin page failed');
      json(response, 500, { status: 'failed' });
    });
  });
  const watching = loop({ name: 'readiness watch', restMs: WATCH_MS, log, run: async () => void (await lookAndSay()) });
  return {
    name: 'admin',
    url: () =>
      `http://${['0.0.0.0', '::'].includes(host) ? 'localhost' : host}:${(server.address() as AddressInfo).port}`,
    // from now on /readyz answers 503, whatever the checks say
    announceStop: () => {
      stopping = true;
    },
    start: () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject).listen(port, host, () => {
        server.off('error', reject).on('error', (err) => log.error({ err }, 'admin server failed'));
        log.info({ component: 'admin', port: (server.address() as AddressInfo).port }, 'listening');
        resolve(watching.start());
      });
      return promise;
    },
    stop: async () => {
      await watching.stop();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

/** For the log, where nothing polls `/readyz`. */
const WATCH_MS = 5_000;

/** Says in the log when readiness comes and goes, with the reasons, each once. */
const sayChanges = (log: Logger): ((seen: Seen) => void) => {
  let last = '';
  return (seen) => {
    const reasons = Object.fromEntries(Object.entries(seen).filter(([, result]) => result !== true));
    const now = JSON.stringify(reasons);
    if (now === last) return;
    last = now;
    if (now === '{}') log.info('ready');
    else log.warn({ reasons }, 'not ready');
  };
};

const json = (response: ServerResponse, status: number, body: object): void => {
  if (response.headersSent) return;
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body));
};

const readinessGauge = (registry: Registry, read: () => Promise<boolean>): void => {
  if (registry.getSingleMetric('service_ready')) return;
  new Gauge({
    name: 'service_ready',
    help: 'what /readyz says: 1 ready, 0 not',
    registers: [registry],
    async collect() {
      this.set(Number(await read()));
    },
  });
};

// The event-loop histogram samples by a timer, every 10 ms unless told otherwise: that alone shows in the CPU of a process at rest.
const nodeMetrics = (registry: Registry): void => {
  if (registry.getSingleMetric('process_cpu_user_seconds_total')) return;
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 5_000 });
};

const logMetrics = (registry: Registry): void => {
  if (registry.getSingleMetric('log_lines_dropped_total')) return;
  let seen = 0;
  new Counter({
    name: 'log_lines_dropped_total',
    help: 'log lines that were not written because the reader of stdout had stopped reading',
    registers: [registry],
    collect() {
      const dropped = droppedLogLines();
      this.inc(dropped - seen);
      seen = dropped;
    },
  });
};
