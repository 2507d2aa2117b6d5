import { randomUUIDv7 } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Authenticate } from '../authentication.ts';
import { NotFound } from '../errors.ts';
import { inOurDays } from '../example-days.ts';
import { cors, type CorsOptions } from './cors.ts';
import { handleRoute } from './handle-route.ts';
import { openapiDocument, type ApiDescription } from './openapi.ts';
import { docsPage, linksFrom, problemPages, publicFiles, type Links, type PublicFiles } from './pages.ts';
import { problemsOf } from './problem-catalogue.ts';
import { answerErrors, malformedRequest, methodNotAllowed } from './problems.ts';
import { basePathOf } from './public-path.ts';
import { createRateLimit } from './rate-limit.ts';
import { requestMetrics } from './request-metrics.ts';
import type { Route } from './route.ts';

export type HttpAppOptions = CorsOptions & {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly registry?: Registry;
  readonly openapi: ApiDescription;
  /** Where callers reach this service; its path precedes every link. Default: at the root of any host. */
  readonly publicUrl?: string | undefined;
  /** How many proxies to trust with the caller's address, or which; default: none. */
  readonly trustProxy?: number | readonly string[] | undefined;
  /** Requests of one subject in a minute; default: no limit. */
  readonly ratePerMinute?: number | undefined;
  /** Files that need no token, such as a page of documentation. */
  readonly files?: PublicFiles;
  /** From each page to further pages: name → URL. */
  readonly links?: Links;
  /** Further public documents: path → body. */
  readonly documents?: Readonly<Record<string, object>>;
};

/** The routes, the OpenAPI document made from them, and the pages that show it. */
export const createHttpApp = (options: HttpAppOptions): Express => {
  const { routes, authenticate, log, registry, publicUrl } = options;
  const base = basePathOf(publicUrl);
  const app = express();
  for (const off of ['x-powered-by', 'etag', 'query parser']) app.set(off, false);
  for (const on of ['case sensitive routing', 'strict routing']) app.set(on, true);
  app.set('trust proxy', options.trustProxy ?? false);
  app.use(requestId, security, noStore, requestMetrics(registry, log), ...cors(options), checkProtocol);
  const limit = options.ratePerMinute === undefined ? undefined : createRateLimit(options.ratePerMinute);
  const all = [...routes, ...documents(options, base)];
  for (const [path, ofPath] of Map.groupBy(all, ({ path }) => path)) {
    const resource = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    resource.all(nameRoute(path));
    for (const route of ofPath) resource[route.method](handleRoute(route, { authenticate, limit, base }));
    resource.all(refuseOtherMethods(ofPath));
  }
  // after the routes, which are asked for far more often
  const links = linksFrom(base, { API: '/docs', Problems: '/problems', ...options.links });
  const site = { title: options.openapi.info.title, base, links };
  app.use(docsPage(site), problemPages(site, problemsOf(routes)), publicFiles(options.files ?? {}, base));
  app.use(() => {
    throw new NotFound('There is no resource at this path.');
  });
  app.use(answerErrors({ log, registry, base }));
  return app;
};

const validRequestId = /^[\w.:@+=/-]{1,128}$/;

/** The caller's id if it is safe in headers and logs, otherwise a new one. */
const requestId: RequestHandler = (request, response, next) => {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && validRequestId.test(given) ? given : randomUUIDv7();
  response.locals['requestId'] = id;
  response.setHeader('X-Request-Id', id);
  next();
};

/** An API runs nothing in a browser. Pages set a policy of their own. */
const security = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  frameguard: { action: 'deny' },
});

const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};

const checkProtocol: RequestHandler = ({ httpVersion, headers }, _response, next) => {
  // Node's parser accepts other versions and answers in 1.1: two opinions on where a message ends
  if (!['1.0', '1.1'].includes(httpVersion)) throw malformedRequest('Only HTTP 1.0 and 1.1 are supported.');
  // createHttpServer leaves this check to us, because Node answers without a problem document
  if (httpVersion === '1.1' && !headers.host) throw malformedRequest('The Host header is missing.');
  next();
};

/** For metrics and logs. */
const nameRoute =
  (path: string): RequestHandler =>
  (_request, response, next) => {
    response.locals['route'] = path;
    next();
  };

const refuseOtherMethods = (routes: readonly Route[]): RequestHandler => {
  const methods = routes.map(({ method }) => method.toUpperCase());
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].toSorted();
  return () => {
    throw methodNotAllowed(allowed);
  };
};

const documents = (options: HttpAppOptions, base: string): Route[] => {
  const { routes, openapi, publicUrl, documents: further = {}, files = {} } = options;
  const servers = publicUrl === undefined ? {} : { servers: [{ url: publicUrl }] };
  const here = (paths: readonly string[]) => paths.map((path) => base + path);
  const document = inOurDays(() => openapiDocument(routes, { ...openapi, ...servers }));
  const page = (path: string, body: () => object): Route => ({
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
      docs: `${base}/docs`,
      openapi: `${base}/openapi.json`,
      problems: `${base}/problems`,
      ...(Object.keys(files).length > 0 ? { pages: here(Object.keys(files)) } : {}),
      schemas: here(Object.keys(further)),
      lists: here(routes.filter(({ method, params }) => method === 'get' && !params).map(({ path }) => path)),
    })),
    page('/openapi.json', document),
    ...Object.entries(further).map(([path, body]) => page(path, () => body)),
  ];
};
