import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname } from 'node:path';
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

/** Text between backticks becomes code. */
const prose = (text: string): string => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

/** Name → URL, for people: other pages, and those of other services. */
export type Links = Readonly<Record<string, string>>;

/** Paths are of this service. */
export const linksFrom = (base: string, links: Links): Links =>
  Object.fromEntries(Object.entries(links).map(([name, url]) => [name, url.startsWith('/') ? base + url : url]));

const navigation = (links: Links): string => {
  const anchors = Object.entries(links).map(([name, url]) => `<a href="${escapeHtml(url)}">${escapeHtml(name)}</a>`);
  return `<nav aria-label="Pages">${anchors.join(' · ')}</nav>`;
};

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
  '/docs/swagger-ui.css': 'swagger-ui.css',
  '/docs/swagger-ui-bundle.js': 'swagger-ui-bundle.js',
  '/docs/favicon.png': 'favicon-32x32.png',
};

// the licence is left out: Swagger UI makes a link to a page of SPDX, which knows only public ones
const startSwagger = (base: string): string => `globalThis.SwaggerUIBundle({
  url: '${base}/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: [() => ({ wrapComponents: { OAS31License: () => () => null } })],
});`;

/** Of one service; `base` precedes its paths. */
type Site = { readonly title: string; readonly base: string; readonly links: Links };

/** Swagger UI from our own files: it works offline, and nothing from elsewhere runs on a page that holds a token. */
export const docsPage = ({ title, base, links }: Site): RequestHandler => {
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
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css">
    <link rel="stylesheet" href="${base}/problems/style.css">`,
    `
    ${navigation(links)}
    <main id="swagger-ui"></main>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/start.js"></script>
  `,
  );
  router.get(['/docs', '/docs/'], policy, (_request, response) => void response.type('html').send(html));
  router.get('/docs/start.js', policy, (_request, response) => void response.type('js').send(startSwagger(base)));
  // without `root` a folder such as .pnpm in the path of the installation would mean 404
  const options = { root: swagger, cacheControl: false };
  for (const [path, file] of Object.entries(swaggerFiles))
    router.get(path, policy, (_request, response) => void response.sendFile(file, options));
  return router;
};

/** Where the `type` of a problem document leads: what the problem means and what to do. */
export const problemPages = ({ title, base, links }: Site, problems: readonly ProblemDoc[]): RequestHandler => {
  const router = newRouter();
  const policy = allowOnly({ styleSrc: ["'self'"] });
  const serve = (path: string, pageTitle: string, main: string): void => {
    const body = `${navigation(links)}<main>${main}</main>`;
    const html = htmlPage(pageTitle, `<link rel="stylesheet" href="${base}/problems/style.css">`, body);
    router.get(path, policy, (_request, response) => void response.type('html').send(html));
  };
  const inOrder = problems.toSorted((a, b) => a.status - b.status || a.code.localeCompare(b.code));
  serve('/problems', `${title}: problems`, `<h1>Problems</h1><dl>${inOrder.map(listed(base)).join('')}</dl>`);
  for (const problem of problems) serve(`/problems/${problem.code}`, problem.code, described(problem));
  router.get('/problems/style.css', policy, (_request, response) => void response.type('css').send(style));
  return router;
};

const style = `:root { color-scheme: light dark; background: Canvas; color: CanvasText }
nav, main:not(#swagger-ui) { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 1rem auto; padding: 0 1rem }
nav + #swagger-ui { color-scheme: light; background: #fff }
h1 { overflow-wrap: anywhere }
dt { font-weight: bold }
dd { margin: 0 0 1rem }
`;

const listed =
  (base: string) =>
  ({ code, status, description }: ProblemDoc): string =>
    `<dt>${status} <a href="${base}/problems/${escapeHtml(code)}">${escapeHtml(code)}</a></dt><dd>${prose(description ?? '')}</dd>`;

const described = ({ code, status, description, cure }: ProblemDoc): string => `<h1>${escapeHtml(code)}</h1>
<dl><dt>Status</dt><dd>${status}</dd>
<dt>Cause</dt><dd>${prose(description ?? 'See the detail in the response.')}</dd>
<dt>What to do</dt><dd>${prose(cure ?? 'See the detail in the response.')}</dd></dl>`;

/** Path → URL of a file, read once: HTML or JSON. */
export type PublicFiles = Readonly<Record<string, string>>;

/** Files that need no token. Only the styles and scripts in the file itself may run, which their hashes allow. */
export const publicFiles = (files: PublicFiles, base: string): RequestHandler => {
  const router = newRouter();
  for (const [path, url] of Object.entries(files)) {
    const text = readFileSync(new URL(url), 'utf8').replaceAll(/ (href|src)="(?=\/[^/])/g, ` $1="${base}`);
    const policy = allowOnly({
      styleSrc: hashesOf(text, 'style'),
      scriptSrc: hashesOf(text, 'script'),
      imgSrc: ['data:'],
    });
    router.get(path, policy, (_request, response) => void response.type(extname(url)).send(text));
  }
  return router;
};

const hashesOf = (html: string, element: 'style' | 'script'): string[] => {
  const inline = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))];
  const hashes = inline.map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return hashes.length > 0 ? hashes : ["'none'"];
};
