import express, { type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { escapeHtml } from './html.ts';
import type { ProblemDoc } from './route.ts';

/** Where the `type` of a problem document leads: what it means and what to do, on plain pages without anything from elsewhere. */
export const problemPages = (title: string, problems: readonly ProblemDoc[]): RequestHandler => {
  const router = express.Router({ strict: true, caseSensitive: true });
  const serve = (path: string, html: string): void =>
    void router.get(path, policy, (_request, response: Response) => void response.type('html').send(html));
  serve('/problems', page(`${title}: problems`, `<h1>Problems</h1>${problems.map(linked).join('')}`));
  for (const problem of problems) serve(`/problems/${problem.code}`, page(problem.code, described(problem)));
  router.get('/problems/style.css', policy, (_request, response) => void response.type('css').send(style));
  return router;
};

const policy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], styleSrc: ["'self'"], baseUri: ["'none'"], frameAncestors: ["'none'"] },
});

const style = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
h1 { overflow-wrap: anywhere }
dt { font-weight: bold }
dd { margin: 0 0 1rem }
`;

const linked = ({ code, status, description = '' }: ProblemDoc): string =>
  `<p><a href="/problems/${escapeHtml(code)}">${escapeHtml(code)}</a> (${status}) ${escapeHtml(description)}</p>`;

const described = ({ code, status, description, cure }: ProblemDoc): string => `<h1>${escapeHtml(code)}</h1>
<dl><dt>Status</dt><dd>${status}</dd>
<dt>Cause</dt><dd>${escapeHtml(description ?? 'see the detail of the answer')}</dd>
<dt>Cure</dt><dd>${escapeHtml(cure ?? 'see the detail of the answer')}</dd></dl>
<p><a href="/problems">All problems</a> · <a href="/docs">API</a></p>`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" href="/problems/style.css">
  </head>
  <body>${body}</body>
</html>
`;
