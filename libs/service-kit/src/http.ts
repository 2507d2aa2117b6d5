export { createHttpApp } from './http/app.ts';
export { createHttpServer, type HttpServer } from './http/server.ts';
export { defineRoute, type Route } from './http/route.ts';
export { defineResource } from './http/resource.ts';
