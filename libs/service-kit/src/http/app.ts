import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Authenticate } from '../authentication.ts';
import { NotFound } from '../errors.ts';
import { answerError } from './answer-error.ts';
import { cors } from './cors.ts';
import { dispatch } from './dispatch.ts';
import { docsPage } from './docs.ts';
import { openapiDocument, type ApiDescription } from './openapi.ts';
import { malformedRequest } from './problem.ts';
import { createRateLimit } from './rate-limit.ts';
import { problemsOf } from './problem-catalogue.ts';
import { problemPages } from './problem-pages.ts';
import { publicFiles, type PublicFiles } from './public-files.ts';
import { requestIdFrom } from './request-id.ts';
import { requestObserver } from './request-log.ts';
import { defineRoute, type Route } from './route.ts';

export type HttpApp = Express;

export type HttpAppOptions = {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly registry?: Registry;
  readonly openapi: ApiDescription;
  /** Of the pages that may read answers in a browser; default: none. */
  readonly corsOrigins?: readonly string[];
  /** Requests of one subject in a minute; default: any number. */
  readonly ratePerMinute?: number | undefined;
  /** Files that anybody may read, such as a page of documentation. */
  readonly files?: PublicFiles;
  /** Further public documents: path → body. */
  readonly documents?: Readonly<Record<string, object>>;
};

/** The routes, the OpenAPI document made of them, and the page that shows it. */
export const createHttpApp = (options: HttpAppOptions): HttpApp => {
  const { routes, authenticate, log, registry, openapi } = options;
  const app = express();
  for (const off of ['x-powered-by', 'etag', 'query parser']) app.set(off, false);
  for (const on of ['case sensitive routing', 'strict routing']) app.set(on, true);
  app.use(welcome(registry, log), ...cors(options.corsOrigins ?? []));
  const limit = createRateLimit(options.ratePerMinute);
  const all = [...routes, ...documents(options)];
  for (const [path, ofPath] of Map.groupBy(all, ({ path }) => path))
    app.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), dispatch(ofPath, { authenticate, limit }));
  // after the routes, or each request would look for itself among the pages first
  app.use(docsPage(openapi.info.title), problemPages(openapi.info.title, problemsOf(routes)));
  app.use(publicFiles(options.files ?? {}));
  app.use(() => {
    throw new NotFound('There is nothing at this path.');
  });
  app.use(answerError(log, registry));
  return app;
};

const welcome = (registry: Registry | undefined, log: Logger): RequestHandler => {
  const observe = requestObserver(registry, log);
  const always = [...noBrowserPowers(), ['Cache-Control', 'no-store']] as const;
  return (request, response, next) => {
    const requestId = requestIdFrom(request.headers['x-request-id']);
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    for (const [name, value] of always) response.setHeader(name, value);
    observe(request, response, requestId);
    // Node's parser takes others too, and answers in 1.1: two opinions on where a message ends.
    if (!['1.0', '1.1'].includes(request.httpVersion)) throw malformedRequest('HTTP 1.0 and 1.1 are spoken here.');
    // Node would answer this itself, without a document: createHttpServer leaves it to us.
    if (request.httpVersion === '1.1' && !request.headers.host) throw malformedRequest('The Host header is missing.');
    next();
  };
};

/** What helmet says to every request, asked for once: it is a dozen functions. */
const noBrowserPowers = (): [string, string][] => {
  const headers: [string, string][] = [];
  const response = { setHeader: (...header: [string, string]) => headers.push(header), removeHeader: () => undefined };
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
  });
  protect({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return headers;
};

const documents = ({ routes, openapi, documents: further = {}, files = {} }: HttpAppOptions): Route[] => {
  let document: object | undefined;
  const page = (path: string, body: () => object): Route =>
    defineRoute({
      method: 'get',
      path,
      operationId: path,
      summary: path,
      isPublic: true,
      responses: {},
      handle: () => Promise.resolve({ status: 200, body: body() }),
    });
  return [
    page('/', () => ({
      name: openapi.info.title,
      docs: '/docs',
      openapi: '/openapi.json',
      problems: '/problems',
      ...(Object.keys(files).length > 0 ? { pages: Object.keys(files) } : {}),
      schemas: Object.keys(further),
      lists: routes.filter(({ method, params }) => method === 'get' && !params).map(({ path }) => path),
    })),
    page('/openapi.json', () => (document ??= openapiDocument(routes, openapi))),
    ...Object.entries(further).map(([path, body]) => page(path, () => body)),
  ];
};
