import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import express from 'express';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { publicFiles, type docsPage } from './pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'public-files-'));
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return pathToFileURL(join(folder, name)).href;
};
const packageFolder = (name: string): string => dirname(createRequire(import.meta.url).resolve(name));
let server: Server;
const get = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);

beforeAll(async () => {
  const page = fileOf(
    'page.html',
    '<style>p { color: red; }</style><p>hello <a href="/document.json">here</a> <a href="//elsewhere.test/">there</a></p>',
  );
  const files = { '/page': page, '/document.json': fileOf('document.json', '{"a":1}') };
  server = express().use(publicFiles(files, '/mentoring')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('a page is served with a policy that allows what stands in it, and nothing from elsewhere', async () => {
  const answer = await get('/page');
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = answer.headers.get('content-security-policy');
  expect(policy).toMatch(/default-src 'none';style-src 'sha256-[^']+';script-src 'none'/);
  const text = await answer.text();
  expect(text).toContain('<a href="/mentoring/document.json">');
  expect(text).toContain('<a href="//elsewhere.test/">');
});

test('a document is served as JSON', async () => {
  const answer = await get('/document.json');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await answer.json()).toEqual({ a: 1 });
});

test('Swagger UI is served from an installation below a dot folder, such as .pnpm', async () => {
  const installed = join(folder, '.pnpm');
  const swagger = join(installed, 'node_modules', 'swagger-ui-dist');
  mkdirSync(swagger, { recursive: true });
  writeFileSync(join(swagger, 'package.json'), '{}');
  writeFileSync(join(swagger, 'swagger-ui.css'), 'p {}');
  for (const name of ['express', 'helmet'])
    symlinkSync(packageFolder(name), join(installed, 'node_modules', name), 'dir');
  cpSync(fileURLToPath(new URL('pages.ts', import.meta.url)), join(installed, 'pages.ts'));
  const pages = (await import(join(installed, 'pages.ts'))) as { readonly docsPage: typeof docsPage };
  const app = express().use(pages.docsPage({ title: 'things', base: '', links: {} }));
  const docs = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => docs.once('listening', resolve));
  const answer = await fetch(`http://127.0.0.1:${(docs.address() as AddressInfo).port}/docs/swagger-ui.css`);
  docs.close();
  expect([answer.status, await answer.text()]).toEqual([200, 'p {}']);
});
