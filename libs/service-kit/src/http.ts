export { createHttpApp } from './http/app.ts';
export { createHttpServer, type HttpServer } from './http/server.ts';
export { defineRoute, linkToNext, type Route } from './http/route.ts';
