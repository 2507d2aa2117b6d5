export { createHttpApp, type HttpApp, type HttpAppOptions } from './http/app.ts';
export { etagOf, parseIfMatch, type IfMatch } from './http/if-match.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './http/server.ts';
export {
  defineRoute,
  type Answer,
  type ProblemCode,
  type RequestOf,
  type ResponseDoc,
  type Route,
} from './http/route.ts';
export type { ApiDescription } from './http/openapi.ts';
