import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Component } from '../lifecycle.ts';
import { answerBare, type BareOptions } from './unparsable.ts';

export type HttpServer = Component & { url(): string };

export type HttpServerOptions = BareOptions & {
  readonly app: RequestListener;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly name?: string;
  /** How long an idle connection stays open; default: 65 s. */
  readonly keepAliveMs?: number;
  readonly log: Logger;
};

// Longer than balancers keep idle connections (usually 60 s), or they would send requests into closing ones.
const KEEP_ALIVE_MS = 65_000;

// Node counts both timeouts from the connection, later from the first byte of a request: idle connections may outlive them.
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5_000, // a slow request is cut so much later at most
  // The app checks it and answers with a problem document.
  requireHostHeader: false,
};

const DEADLINE_MS = 7_000;
/** For the first request on a connection that was accepted just before the listener closed. */
const FIRST_REQUEST_MS = 250;
const MAX_TURNS = 100;

/**
 * Listens between start and stop. From `announceStop` on each answer closes its connection, so that clients and balancers
 * leave during SHUTDOWN_DELAY; `stop` then answers what is in flight and takes at most seven seconds.
 */
export const createHttpServer = ({
  app,
  host,
  port,
  name = 'http',
  keepAliveMs = KEEP_ALIVE_MS,
  log,
  ...bare
}: HttpServerOptions): HttpServer => {
  let isStopping = false;
  // A number, not a set of requests: V8 keeps the old tables of a set that is filled and emptied all the time, and what was in them.
  let inFlight = 0;
  let accepted = 0;
  let open = 0;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    inFlight += 1;
    response.once('close', () => (inFlight -= 1));
    if (isStopping) response.setHeader('Connection', 'close');
    app(request, response);
  };
  const server = createServer({ ...limits, keepAliveTimeout: keepAliveMs }, serve);
  // Without listeners Node answers these itself, with a status and no problem document.
  const { answerUnparsable, refuseTunnel } = answerBare(bare);
  server.on('clientError', answerUnparsable).on('connect', refuseTunnel).on('checkExpectation', serve);
  server.on('connection', (socket) => {
    accepted += 1;
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  /** A listener that closes resets the connections that wait to be accepted: until two turns of the event loop bring none. */
  const acceptAll = async (): Promise<void> => {
    for (let turns = 0, quiet = 0; quiet < 2 && turns < MAX_TURNS; turns += 1) {
      const before = accepted;
      await turn();
      quiet = accepted === before ? quiet + 1 : 0;
    }
  };
  const url = (): string => {
    const { port: bound } = server.address() as AddressInfo;
    return `http://${['0.0.0.0', '::'].includes(host) ? 'localhost' : host}:${bound}`;
  };
  return {
    name,
    url,
    start: async () => {
      await once(server.listen(port, host), 'listening');
      server.on('error', (err) => log.error({ err }, 'http server failed'));
      log.info({ component: name, url: url() }, 'listening');
    },
    announceStop: () => {
      isStopping = true;
    },
    stop: async () => {
      isStopping = true;
      if (!server.listening) return;
      await acceptAll();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const began = performance.now();
      const limit = (): number => (inFlight > 0 ? DEADLINE_MS : FIRST_REQUEST_MS);
      while (open > 0 && performance.now() - began < limit()) await sleep(20);
      if (inFlight > 0) log.warn({ inFlight }, 'connections closed before their requests were answered');
      server.closeAllConnections();
      await closed;
    },
  };
};
