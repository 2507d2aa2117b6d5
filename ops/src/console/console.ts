import express from 'express';
import type { AuthenticateUntil } from '@mentor-sessions/service-kit/authentication';
import { createHttpApp, createHttpServer, type HttpServer } from '@mentor-sessions/service-kit/http';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { streamEvents } from './events.ts';
import { createLook } from './look.ts';
import { pageFiles } from './page-files.ts';
import { consoleRoutes } from './routes.ts';
import type { Watched } from '../status.ts';
import { createWatch } from './watch.ts';

export type ConsoleOptions = {
  readonly connections: Watched;
  readonly authenticate: AuthenticateUntil;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly log: Logger;
};

const description =
  'What the page of the console asks for; all of it needs the role `operator`. `GET /api/events` is a stream of server-sent events beside it.';

/** The operator's page and what it asks for, on a port of its own: it belongs to no network that users reach. */
export const createConsole = ({ connections, authenticate, host, port, log }: ConsoleOptions): HttpServer => {
  const closing = new AbortController();
  const watch = createWatch(createLook(connections), log);
  const app = express().disable('x-powered-by');
  app.use(pageFiles());
  app.get('/api/events', streamEvents({ authenticate, watch, closing: closing.signal }));
  const info = { title: 'mentor-sessions console', version: '1', description };
  const whoAsks = async (authorization: string | undefined) => (await authenticate(authorization)).actor;
  const routes = consoleRoutes(connections.databases);
  app.use(createHttpApp({ routes, authenticate: whoAsks, log, openapi: { info } }));
  const server = createHttpServer({ app, host, port, name: 'console', log });
  return {
    ...server,
    stop: () => {
      closing.abort();
      return server.stop();
    },
  };
};
