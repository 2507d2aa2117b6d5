import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Component } from '../lifecycle.ts';
import { answerUnparsable, refuseTunnel } from './client-error.ts';
import { drain } from './drain.ts';

export type HttpServer = Component & { url(): string };

export type HttpServerOptions = {
  readonly app: RequestListener;
  readonly host?: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly name?: string;
  readonly log: Logger;
};

const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Longer than a balancer keeps its idle connections (usually 60 s), or it would send requests into closing ones.
  keepAliveTimeout: 65_000,
  // Checked by the app, which answers with a document.
  requireHostHeader: false,
};

/** Listens between start and stop. Stopping answers every request on an accepted connection, and takes less than eight seconds. */
export const createHttpServer = ({
  app,
  host = '0.0.0.0',
  port,
  name = 'http',
  log,
}: HttpServerOptions): HttpServer => {
  // Each connection with its latest answer. No set of what is under way: V8 keeps the emptied tables of a set that is
  // filled and emptied all the time, and with them the requests, until its next collection of everything.
  const latest = new Map<Socket, ServerResponse | null>();
  let stopping = false;
  // While the listener is being closed, who has asked waits a moment, instead of coming back and being reset.
  const held: (() => void)[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    latest.set(socket, response);
    response.once('close', () => latest.get(socket) === response && latest.set(socket, null));
    if (stopping) response.setHeader('Connection', 'close');
    if (stopping && server.listening) held.push(() => app(request, response));
    else app(request, response);
  };
  const server = createServer(limits, serve);
  // Without listeners Node answers these itself, with a status and no document.
  server.on('clientError', answerUnparsable).on('connect', refuseTunnel).on('checkExpectation', serve);
  server.on('connection', (socket) => {
    latest.set(socket, null);
    socket.once('close', () => latest.delete(socket));
  });
  const closeSilent = (): void => {
    for (const socket of latest.keys()) if (socket.bytesRead === 0) socket.destroy();
  };
  const url = (): string => {
    const { port: bound } = server.address() as AddressInfo;
    return `http://${['0.0.0.0', '::'].includes(host) ? 'localhost' : host}:${bound}`;
  };
  return {
    name,
    url,
    start: () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject).listen(port, host, () => {
        server.off('error', reject).on('error', (err) => log.error({ err }, 'http server failed'));
        log.info({ component: name, url: url() }, 'listening');
        resolve();
      });
      return promise;
    },
    stop: () => {
      stopping = true;
      for (const response of latest.values())
        if (response?.headersSent === false) response.setHeader('Connection', 'close');
      const onClosed = (): void => held.forEach((answer) => answer());
      return drain(server, { closeSilent, onClosed, log });
    },
  };
};
