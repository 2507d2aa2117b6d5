import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import express from 'express';
import helmet from 'helmet';
import { Registry } from 'prom-client';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { createAdminServer } from '@mentor-sessions/service-kit/admin';
import { createAuthenticator, type Authenticate } from '@mentor-sessions/service-kit/authentication';
import { Forbidden } from '@mentor-sessions/service-kit/errors';
import { createHttpApp, createHttpServer, type HttpServer } from '@mentor-sessions/service-kit/http';
import { runUntilSignal } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger, type Logger } from '@mentor-sessions/service-kit/log';
import type { Cli } from '../command.ts';
import { readConfig, readConsoleConfig } from '../config.ts';
import { connect } from '../connections.ts';
import { createSessionWatch } from '../session-watch.ts';
import type { StatusSources } from '../status.ts';
import { createOverview } from './overview.ts';
import { consoleRoutes } from './routes.ts';
import { createWatch, streamEvents } from './stream.ts';

/** Serves the console until SIGTERM or Ctrl-C. */
export const consoleCommand = ({ io }: Cli): Command =>
  new Command('console')
    .description('the same in a browser: flow, timeline, dead letters, workers')
    .action(async () => {
      const config = readConsoleConfig(io.env);
      const log = createLogger({ service: 'ops', role: 'console' });
      const connections = connect(readConfig(io.env), log);
      const { authenticate } = createAuthenticator(config, { log });
      const registry = new Registry();
      const watch = createSessionWatch({ databases: connections.databases, registry, log });
      const sources = { ...connections, compared: watch.latest };
      const host = config.OPS_CONSOLE_HOST;
      const server = createConsole({ sources, authenticate, host, port: config.OPS_CONSOLE_PORT, log });
      const closing = { name: 'connections', start: () => Promise.resolve(), stop: connections.close };
      // no readiness checks: it has to serve while everything else is unavailable
      const admin = createAdminServer({ host, port: config.ADMIN_PORT, checks: {}, registry, log });
      await runUntilSignal({ components: [closing, watch, server, admin], log });
    });

type ConsoleOptions = {
  readonly sources: StatusSources;
  readonly authenticate: Authenticate;
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
};

const description =
  'The API behind the console page. Every request needs the role `operator`. `GET /api/events` is a stream of server-sent events.';

const page = fileURLToPath(new URL('page/', import.meta.url));

/** The page and its API, on a port of its own that no network of users should reach. */
const createConsole = ({ sources, authenticate, host, port, log }: ConsoleOptions): HttpServer => {
  const closing = new AbortController();
  const authenticateOperator: Authenticate = async (authorization) => {
    const verified = await authenticate(authorization);
    assertOperator(verified.actor);
    return verified;
  };
  const app = express().disable('x-powered-by');
  app.use(securityHeaders, express.static(page, { redirect: false }));
  const watch = createWatch(createOverview(sources), log);
  app.get('/api/events', streamEvents({ authenticate: authenticateOperator, watch, closing: closing.signal }));
  app.use(
    createHttpApp({
      routes: consoleRoutes(sources),
      authenticate: async (authorization) => {
        const { actor, expiresAt } = await authenticateOperator(authorization);
        return { actor: recorded(actor, authorization), expiresAt };
      },
      log,
      openapi: { info: { title: 'mentor-sessions console', version: '1', description } },
    }),
  );
  const server = createHttpServer({ app, host, port, name: 'console', log });
  return {
    ...server,
    stop: () => {
      closing.abort();
      return server.stop();
    },
  };
};

/** A valid token is not enough: mentors have one too. */
const assertOperator = ({ roles }: Actor): void => {
  if (!roles.includes('operator')) throw new Forbidden('The console is for operators: the token lacks the role.');
};

/** Actions are recorded under the token's `name`, for people, and its `sub`, which identifies. */
const recorded = (actor: Actor, authorization = ''): Actor => {
  const [, claims = ''] = authorization.split('.'); // of a verified token
  const { name } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly name?: unknown };
  const isName = typeof name === 'string' && /^[^\p{C}]{1,100}$/u.test(name);
  return isName ? { ...actor, userId: `${name} (${actor.userId})` } : actor;
};

const self = ["'self'"];

/** Only files from `page/` run on the page, and it connects to this server only. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: self,
      styleSrc: self,
      imgSrc: ['data:'],
      connectSrc: self,
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"], // no text becomes markup
    },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // served as plain HTTP on loopback; a proxy that terminates TLS decides for the whole host
  strictTransportSecurity: false,
});
