import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import { run } from '@mentor-sessions/lab/run';

type Manifest = { readonly name: string; readonly version: string };

/** Serves the installed packages as an npm registry, so that `npm install` runs as documented and offline. */
export const openRegistry = async (): Promise<{ readonly url: string; close(): void }> => {
  const answer = async ({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, name = '', tarball] = /^\/((?:@[^/]+\/)?[^/]+)(\/tarball)?$/.exec(decodeURIComponent(url)) ?? [];
    const folder = join(repository, 'node_modules', name);
    if (!name || !existsSync(join(folder, 'package.json'))) return void response.writeHead(404).end('{}');
    if (tarball) {
      const args = ['czf', '-', '--exclude=./node_modules', '--transform=s,^[.],package,', '-C', folder, '.'];
      const { stdout } = await run('tar', args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
      return void response.end(stdout);
    }
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const { version } = manifest;
    const dist = { tarball: `${address()}/${encodeURIComponent(name)}/tarball` };
    const body = {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, scripts: {}, dist } },
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: address(), close: () => void server.close() };
};
