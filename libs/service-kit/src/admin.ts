import { setTimeout as sleep } from 'node:timers/promises';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Counter, type Registry } from 'prom-client';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { droppedLogLines } from './log.ts';
import { loop } from './loop.ts';
import { gauge } from './metrics.ts';

/** A check that throws, takes too long, or returns false or a text (why not) fails. */
export type Checks = Readonly<Record<string, () => unknown>>;

/** `true`, or what is wrong. */
type Results = Readonly<Record<string, true | string>>;

type Options = {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly checks: Checks;
  readonly registry: Registry;
  readonly log: Logger;
};

/** For operators and orchestrators, on a listener of its own: `/livez` (the process responds), `/readyz` (it can do its work), `/metrics`. */
export const createAdminServer = ({ host, port, checks, registry, log }: Options): HttpServer => {
  let isStopping = false;
  // the event-loop histogram samples every 10 ms by default, which shows in the CPU of an idle process
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 5_000 });
  logMetrics(registry);
  const report = reportChanges(log);
  const check = async () => {
    const results = await runChecks(checks);
    if (!isStopping) report(results);
    return { results, isReady: !isStopping && Object.values(results).every((result) => result === true) };
  };
  gauge(registry, 'service_ready', 'whether /readyz answers 200', async () => Number((await check()).isReady));

  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => void (response.setHeader('Cache-Control', 'no-store'), next()));
  app.get('/livez', (_request, response) => void response.json({ status: 'alive' }));
  app.get('/readyz', async (_request, response) => {
    const { results, isReady } = await check();
    const status = isStopping ? 'stopping' : isReady ? 'ready' : 'not ready';
    response.status(isReady ? 200 : 503).json({ status, checks: results });
  });
  app.get('/metrics', async (_request, response) => {
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
  app.use((_request, response) => void response.status(404).json({ status: 'not found' }));
  // Express recognizes an error handler by its four parameters
  app.use((err: unknown, request: Request, response: Response, _next: NextFunction) => {
    log.error({ err, path: request.url }, 'admin page failed');
    response.status(500).json({ status: 'failed' });
  });

  const server = createHttpServer({ app, host, port, name: 'admin', log });
  const watching = loop({ name: 'readiness check', restMs: WATCH_MS, log, run: async () => void (await check()) });
  return {
    name: 'admin',
    url: server.url,
    announceStop: () => {
      isStopping = true;
    },
    start: async () => {
      await server.start();
      await watching.start();
    },
    stop: async () => {
      await watching.stop();
      await server.stop();
    },
  };
};

/** So that changes are logged although nothing polls `/readyz`. */
const WATCH_MS = 15_000;

/** Logs when readiness comes and goes, with the reasons. */
const reportChanges = (log: Logger) => {
  let last = '';
  return (results: Results): void => {
    const reasons = Object.fromEntries(Object.entries(results).filter(([, result]) => result !== true));
    const now = JSON.stringify(reasons);
    if (now === last) return;
    last = now;
    if (now === '{}') log.info('ready');
    else log.warn({ reasons }, 'not ready');
  };
};

const logMetrics = (registry: Registry): void => {
  let seen = 0;
  new Counter({
    name: 'log_lines_dropped_total',
    help: 'log lines dropped because the reader of stdout had stopped',
    registers: [registry],
    collect() {
      const dropped = droppedLogLines();
      this.inc(dropped - seen);
      seen = dropped;
    },
  });
};

const CHECK_WITHIN_MS = 2_000;

const runChecks = async (checks: Checks): Promise<Results> =>
  Object.fromEntries<true | string>(
    await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await runCheck(check)] as const)),
  );

const runCheck = async (check: () => unknown): Promise<true | string> => {
  const late = sleep(CHECK_WITHIN_MS, 'timed out', { ref: false });
  try {
    const result = await Promise.race([Promise.resolve().then(check), late]);
    if (result === false) return 'failed';
    return typeof result === 'string' ? result : true;
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
};
