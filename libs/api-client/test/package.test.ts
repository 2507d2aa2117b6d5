import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repository } from '@mentor-sessions/local-stack/launch';
import { codeBlocks } from '@mentor-sessions/lab/code-blocks';
import { packInstalled, packLibrary } from '@mentor-sessions/lab/packed';

const run = promisify(execFile);

const guide = await readFile(join(repository, 'docs/for-front-end-developers.md'), 'utf8');
/** The TypeScript of the guide, as it stands there. */
const examples = codeBlocks(guide, 'ts').join('\n');

const program = `declare const currentToken: () => string;
declare const show: (code: string) => void;
declare const open: (sessionId: string | null) => void;
declare const id: string;
${examples}
// \`code\` is an enumeration, with the client's own codes
if (error) {
  const codes: 'forbidden' | 'network-error' | 'bad-gateway' extends typeof error.code ? true : false = true;
  // @ts-expect-error -- no such code
  show(error.code === 'no-such-code' ? '' : String(codes));
}
`;
const script = `import { createBookingsClient, eachItem } from '@mentor-sessions/api-client';
const client = createBookingsClient({ baseUrl: process.argv[2], token: () => 't', retries: 0 });
console.log((await client.GET('/bookings')).error?.code);
`;
/** As strict as TypeScript gets, in a page and in Node. */
const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
};
const projects = {
  browser: { ...compilerOptions, lib: ['es2024', 'dom', 'dom.iterable'], types: [] },
  // openapi-fetch's own types name a type of the DOM
  bundler: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler', lib: ['es2024', 'dom'], types: [] },
};

let folder: string;
let project: string;
let server: Server;
const inProject = (file: string, ...args: string[]) => run(file, args, { cwd: project, timeout: 120_000 });
const tsc = (config: string): Promise<unknown> =>
  inProject(process.execPath, join(repository, 'node_modules/typescript/bin/tsc'), '-p', config);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-client-'));
  project = join(folder, 'page');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await writeFile(join(project, 'program.ts'), program);
  await writeFile(join(project, 'script.js'), script);
  const client = await packLibrary({ library: 'api-client', folder });
  const needed = ['openapi-fetch', 'openapi-typescript-helpers'].map((library) => packInstalled({ library, folder }));
  await inProject('npm', 'install', '--offline', '--no-audit', '--no-fund', client, ...(await Promise.all(needed)));
  // a service, as far as these tests need one
  server = createServer((request, response) =>
    request.url === '/openapi.json'
      ? void readFile(join(repository, 'services/bookings/openapi.json')).then((text) => response.end(text))
      : void response.writeHead(502).end(),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
}, 180_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test('runs in Node as plain JavaScript', async () => {
  const { stdout } = await inProject(process.execPath, 'script.js', url());
  expect(stdout).toBe('bad-gateway\n');
});

test.each(Object.entries(projects))(
  'the guide’s TypeScript type-checks strictly in a %s',
  async (name, options) => {
    await writeFile(
      join(project, `${name}.json`),
      JSON.stringify({ compilerOptions: options, include: ['program.ts'] }),
    );
    await tsc(`${name}.json`);
  },
  120_000,
);

test('the guide’s generator command makes the same types', async () => {
  const [, command = ''] = /`(npx openapi-typescript [^`]+)`/.exec(guide) ?? [];
  const [, ...args] = command.replace('http://localhost:3001', url()).split(' ');
  const generator = join(repository, 'node_modules/openapi-typescript/bin/cli.js');
  await inProject(process.execPath, generator, ...args.slice(1));
  const ours = await readFile(join(repository, 'libs/api-client/src/generated/bookings.ts'), 'utf8');
  const withoutHead = (text: string): string => text.slice(text.indexOf('export interface paths'));
  expect(withoutHead(await readFile(join(project, 'bookings.ts'), 'utf8'))).toBe(withoutHead(ours));
});
