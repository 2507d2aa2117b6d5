import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { type RequestHandler } from 'express';
import helmet from 'helmet';
import { escapeHtml } from './html.ts';

const require = createRequire(import.meta.url);
const dist = dirname(require.resolve('swagger-ui-dist/package.json'));

const files: Readonly<Record<string, string>> = {
  '/docs/swagger-ui.css': join(dist, 'swagger-ui.css'),
  '/docs/swagger-ui-bundle.js': join(dist, 'swagger-ui-bundle.js'),
  '/docs/favicon.png': join(dist, 'favicon-32x32.png'),
};

/** Swagger UI from our own files alone: it works offline, and nothing from elsewhere may run on a page that holds a token. */
export const docsPage = (title: string): RequestHandler => {
  const router = express.Router({ strict: true, caseSensitive: true });
  const html = page(title);
  router.get(['/docs', '/docs/'], policy, (_request, response) => void response.type('html').send(html));
  router.get('/docs/start.js', policy, (_request, response) => void response.type('js').send(start));
  for (const [path, file] of Object.entries(files))
    router.get(path, policy, (_request, response) => void response.sendFile(file, { etag: true, cacheControl: false }));
  return router;
};

const self = ["'self'"];
const policy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: self,
    styleSrc: self,
    imgSrc: [...self, 'data:'],
    connectSrc: self,
    fontSrc: self,
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

const start = `globalThis.SwaggerUIBundle(${JSON.stringify({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
})});`;

const page = (title: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" type="image/png" href="/docs/favicon.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
