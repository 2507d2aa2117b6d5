import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { ProblemDoc } from './route.ts';

type Directives = Readonly<Record<string, string[]>>;

const newRouter = (): Router => express.Router({ strict: true, caseSensitive: true });

/** Nothing runs on a page or is loaded into it but what is named. */
const allowOnly = (directives: Directives): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      ...directives,
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  });

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const htmlPage = (title: string, head: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    ${head}
  </head>
  <body>${body}</body>
</html>
`;

const require = createRequire(import.meta.url);
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));

const swaggerFiles: Readonly<Record<string, string>> = {
  '/docs/swagger-ui.css': join(swagger, 'swagger-ui.css'),
  '/docs/swagger-ui-bundle.js': join(swagger, 'swagger-ui-bundle.js'),
  '/docs/favicon.png': join(swagger, 'favicon-32x32.png'),
};

const startSwagger = (base: string): string =>
  `globalThis.SwaggerUIBundle(${JSON.stringify({
    url: `${base}/openapi.json`,
    dom_id: '#swagger-ui',
    deepLinking: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  })});`;

/** Swagger UI from our own files: it works offline, and nothing from elsewhere runs on a page that holds a token. */
export const docsPage = (title: string, base: string): RequestHandler => {
  const router = newRouter();
  const self = ["'self'"];
  const policy = allowOnly({
    scriptSrc: self,
    styleSrc: self,
    imgSrc: [...self, 'data:'],
    connectSrc: self,
    fontSrc: self,
  });
  const html = htmlPage(
    title,
    `<link rel="icon" type="image/png" href="${base}/docs/favicon.png">
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css">`,
    `
    <div id="swagger-ui"></div>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/start.js"></script>
  `,
  );
  router.get(['/docs', '/docs/'], policy, (_request, response) => void response.type('html').send(html));
  router.get('/docs/start.js', policy, (_request, response) => void response.type('js').send(startSwagger(base)));
  for (const [path, file] of Object.entries(swaggerFiles))
    router.get(path, policy, (_request, response) => void response.sendFile(file, { etag: true, cacheControl: false }));
  return router;
};

/** Where the `type` of a problem document leads: what the problem means and what to do. */
export const problemPages = (title: string, problems: readonly ProblemDoc[], base: string): RequestHandler => {
  const router = newRouter();
  const policy = allowOnly({ styleSrc: ["'self'"] });
  const serve = (path: string, pageTitle: string, body: string): void => {
    const html = htmlPage(pageTitle, `<link rel="stylesheet" href="${base}/problems/style.css">`, body);
    router.get(path, policy, (_request, response) => void response.type('html').send(html));
  };
  serve('/problems', `${title}: problems`, `<h1>Problems</h1>${problems.map(linked(base)).join('')}`);
  for (const problem of problems) serve(`/problems/${problem.code}`, problem.code, described(base, problem));
  router.get('/problems/style.css', policy, (_request, response) => void response.type('css').send(problemStyle));
  return router;
};

const problemStyle = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
h1 { overflow-wrap: anywhere }
dt { font-weight: bold }
dd { margin: 0 0 1rem }
`;

const linked =
  (base: string) =>
  ({ code, status, description = '' }: ProblemDoc): string =>
    `<p><a href="${base}/problems/${escapeHtml(code)}">${escapeHtml(code)}</a> (${status}) ${escapeHtml(description)}</p>`;

const described = (
  base: string,
  { code, status, description, cure }: ProblemDoc,
): string => `<h1>${escapeHtml(code)}</h1>
<dl><dt>Status</dt><dd>${status}</dd>
<dt>Cause</dt><dd>${escapeHtml(description ?? 'See the detail in the response.')}</dd>
<dt>What to do</dt><dd>${escapeHtml(cure ?? 'See the detail in the response.')}</dd></dl>
<p><a href="${base}/problems">All problems</a> · <a href="${base}/docs">API</a></p>`;

/** Path → URL of a file, read once: HTML or JSON. */
export type PublicFiles = Readonly<Record<string, string>>;

/** Files that need no token. Only the styles and scripts in the file itself may run, which their hashes allow. */
export const publicFiles = (files: PublicFiles, base: string): RequestHandler => {
  const router = newRouter();
  for (const [path, url] of Object.entries(files)) {
    const text = readFileSync(new URL(url), 'utf8').replaceAll(/ (href|src)="(?=\/[^/])/g, ` $1="${base}`);
    const type = extname(fileURLToPath(url));
    const policy = allowOnly({
      styleSrc: hashesOf(text, 'style'),
      scriptSrc: hashesOf(text, 'script'),
      imgSrc: ['data:'],
    });
    router.get(path, policy, (_request, response) => void response.type(type).send(text));
  }
  return router;
};

const hashesOf = (html: string, element: 'style' | 'script'): string[] => {
  const inline = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))];
  const hashes = inline.map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return hashes.length > 0 ? hashes : ["'none'"];
};
