import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchChromium, type Browser } from '@mentor-sessions/lab/chromium';
import { externalEnvironment } from '@mentor-sessions/lab/external-environment';
import { codeBlocks } from '@mentor-sessions/lab/code-blocks';
import { packInstalled, packLibrary } from '@mentor-sessions/lab/packed';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { repository } from '@mentor-sessions/local-stack/launch';
import { freePorts } from '@mentor-sessions/local-stack/ports';

// Follows docs/for-front-end-developers.md word for word against `npm start`: first with curl, then in a page
// in an empty directory.

const run = promisify(execFile);
const guide = readFileSync(join(repository, 'docs/for-front-end-developers.md'), 'utf8');
const blocks = (language: string): string[] => codeBlocks(guide, language);

let folder: string;
let project: string;
let ports: Record<'3001' | '3002' | '5173', string>;
let env: Record<string, string | undefined>;
let start: ChildProcess;
let page: Server;
let browser: Browser;
let client: string;
let tokens: Record<'mentor' | 'mentee', string>;

/** The guide's text with the ports of this run. */
const here = (text: string): string => text.replaceAll(/\b(3001|3002|5173)\b/g, (port) => ports[port as '3001']);

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const bookingIn = (hours: number) => ({
  listingId: '01980000-0000-7000-8000-0000000000cc',
  mentorProfileId: '01980000-0000-7000-8000-0000000000aa',
  start: inHours(hours),
  end: inHours(hours + 1),
});

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
};

/** A static file server for the page. */
const servePage = (): Server =>
  createServer((request, response) => {
    const file = join(project, normalize(new URL(request.url ?? '/', 'http://page').pathname));
    readFile(file).then(
      (content) => response.setHeader('content-type', types[extname(file)] ?? 'text/plain').end(content),
      () => response.writeHead(404).end(),
    );
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-page-'));
  project = join(folder, 'page');
  await mkdir(project);
  const [bookings, sessions, own] = (await freePorts(3)).map(String) as [string, string, string];
  ports = { 3001: bookings, 3002: sessions, 5173: own };
  env = {
    ...externalEnvironment(testBacking()),
    LOCAL_STACK_FOLDER: join(folder, 'stack'),
    BOOKINGS_PORT: bookings,
    SESSIONS_PORT: sessions,
  };
  const [, setting, origin] = /`(CORS_ORIGINS)=(http\S+) npm start`/.exec(here(guide)) ?? [];
  start = spawn('npm', ['start'], { cwd: repository, env: { ...env, [setting ?? '']: origin } });
  let output = '';
  for (const stream of [start.stdout, start.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  await eventually(() => output.includes('Up until Ctrl-C'), { within: 90_000, describe: 'npm start is up' });
  const script = `${here(blocks('bash')[0] ?? '')}\necho "$MENTOR"; echo "$MENTEE"`;
  const { stdout } = await run('bash', ['-ec', script], { cwd: repository, env });
  const [mentor = '', mentee = ''] = stdout.split('\n').map((header) => header.replace('Authorization: Bearer ', ''));
  tokens = { mentor, mentee };
  client = await packLibrary({ library: 'api-client', folder });
  page = servePage();
  await new Promise<void>((listening) => page.listen(Number(own), 'localhost', listening));
  browser = await launchChromium();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  page?.closeAllConnections();
  page?.close();
  start.kill('SIGINT');
  await new Promise((ended) => start.once('close', ended));
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('every command of the guide does what it says', async () => {
  const found = `node -p 'JSON.parse(require("fs").readFileSync(0))`;
  const script = here(blocks('bash').join('\n'))
    .replace('BOOKING=…', `BOOKING=$(curl -fsS -H "$MENTEE" "$B/bookings?status=draft" | ${found}.items[0].id')`)
    .replace('SESSION=…', `SESSION=$(curl -fsS -H "$MENTEE" $B/bookings/$BOOKING | ${found}.sessionId')`);
  const eachOnItsLine = 'curl() { command curl -sS "$@"; echo; }\n';
  const { stdout } = await run('bash', ['-ec', eachOnItsLine + script], { cwd: repository, env, timeout: 60_000 });
  const statuses = [...stdout.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);
  // request, accept, accept again with another key, and a read with an old version
  expect(statuses).toEqual(['201', '200', '409', '200']);
  const bodies = stdout.split(/\r?\n/).filter((line) => line.startsWith('{'));
  const codes = bodies.map((body) => JSON.parse(body) as { status?: unknown; code?: string; items?: unknown[] });
  expect(codes.map(({ status, code, items }) => code ?? (items ? 'list' : status))).toEqual([
    'draft',
    'accepted',
    'scheduled',
    'in_progress',
    'completed',
    'list',
    'invalid-transition',
    'precondition-failed',
    'completed',
    ...Array.from({ length: 6 }, () => 'list'),
  ]);
}, 90_000);

test('the page of the guide accepts a booking and waits for its session, in a browser and on an origin of its own', async () => {
  const needed = await Promise.all(
    ['openapi-fetch', 'openapi-typescript-helpers'].map((library) => packInstalled({ library, folder })),
  );
  const inProject = { cwd: project };
  await run('npm', ['init', '-y'], inProject);
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', client, ...needed], inProject);
  const modules = { '@mentor-sessions/api-client': '@mentor-sessions/api-client/dist/index.js' };
  const imports = { ...modules, 'openapi-fetch': 'openapi-fetch/dist/index.mjs' };
  const importMap = Object.fromEntries(Object.entries(imports).map(([name, file]) => [name, `/node_modules/${file}`]));
  await writeFile(
    join(project, 'index.html'),
    `<!doctype html><script type="importmap">${JSON.stringify({ imports: importMap })}</script>
    <script type="module" src="/page.js"></script><ul></ul>`,
  );
  await writeFile(
    join(project, 'page.js'),
    `import { createBookingsClient as open_ } from '@mentor-sessions/api-client';
    const asked = open_({ baseUrl: ${JSON.stringify(here('http://localhost:3001'))}, token: () => ${JSON.stringify(tokens.mentee)} });
    const { id } = (await asked.POST('/bookings', { body: ${JSON.stringify(bookingIn(48))} })).data;
    const currentToken = () => ${JSON.stringify(tokens.mentor)};
    const show = (text) => document.querySelector('ul').append(Object.assign(document.createElement('li'), { textContent: text }));
    const open = (sessionId) => show('open ' + sessionId);
    ${here(blocks('ts')[0] ?? '')}
    document.title = 'done';`,
  );
  const tab = await browser.newPage();
  const complaints: string[] = [];
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await tab.goto(`http://localhost:${ports[5173]}/index.html`);
  await eventually(async () => (await tab.title()) === 'done' || complaints.length > 1, {
    describe: 'the page is done',
  });
  expect(await tab.locator('li').first().textContent()).toMatch(/^open [0-9a-f-]{36}$/);
  // the session is created a moment later; the browser itself logs the 404
  expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
}, 120_000);

const tsconfig = {
  compilerOptions: {
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2023',
    lib: ['es2023', 'dom'],
    jsx: 'react-jsx',
    types: ['vite/client'],
    strict: true,
    noEmit: true,
  },
  files: ['main.tsx'],
};

test('the React page of the guide lists the requests of a mentor and accepts one', async () => {
  const bookings = `http://localhost:${ports[3001]}/bookings`;
  const send = (token: string, options: RequestInit = {}) =>
    fetch(bookings, { ...options, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });
  const made = await send(tokens.mentee, { method: 'POST', body: JSON.stringify(bookingIn(72)) });
  expect(made.status).toBe(201);

  const own = join(folder, 'react');
  await mkdir(own);
  const shell = { cwd: own, env: { ...process.env, CLIENT: client, MENTOR: `Authorization: Bearer ${tokens.mentor}` } };
  const [install = '', serve = ''] = blocks('sh');
  await run('bash', ['-ec', install], { ...shell, timeout: 120_000 });
  await writeFile(join(own, 'index.html'), blocks('html')[0] ?? '');
  await writeFile(join(own, 'main.tsx'), here(blocks('tsx')[0] ?? ''));
  await writeFile(join(own, 'tsconfig.json'), JSON.stringify(tsconfig));
  await run(join(repository, 'node_modules/.bin/tsc'), ['-p', own], shell);

  page.closeAllConnections();
  await new Promise((closed) => page.close(closed)); // this port of localhost is the allowed origin
  const command = `${serve.trim()} --port ${ports[5173]} --strictPort`;
  const vite = spawn('bash', ['-ec', command], { ...shell, detached: true });
  try {
    const tab = await browser.newPage();
    const complaints: string[] = [];
    tab.on('pageerror', (error) => complaints.push(String(error)));
    tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const isThere = () => tab.goto(`http://localhost:${ports[5173]}/`).catch(() => null);
    await eventually(isThere, { within: 30_000, describe: 'vite serves the page' });
    await tab.getByRole('button', { name: 'Accept' }).click();
    await tab.getByRole('button', { name: 'Accept' }).waitFor({ state: 'detached' });
    expect(await tab.getByRole('alert').textContent()).toBe('');
    const { items } = (await (await send(tokens.mentor)).json()) as { items: { id: string; status: string }[] };
    const { id } = (await made.json()) as { id: string };
    expect(items.find((booking) => booking.id === id)?.status).toBe('accepted');
    expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]); // no favicon
  } finally {
    process.kill(-(vite.pid ?? 0), 'SIGKILL');
  }
}, 180_000);
