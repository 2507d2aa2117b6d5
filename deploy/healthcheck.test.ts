import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('healthcheck.mjs', import.meta.url));

/** Answers on one address only, as a role does with HOST. */
let status = 200;
const server = createServer(
  (request, response) => void response.writeHead(request.url === '/readyz' ? status : 404).end(),
);
afterEach(() => void server.close());

const exitCode = async (env: Readonly<Record<string, string>>): Promise<unknown> => {
  const port = String((server.address() as AddressInfo).port);
  const [code] = (await once(spawn(process.execPath, [script], { env: { ADMIN_PORT: port, ...env } }), 'exit')) as [
    unknown,
  ];
  return code;
};

test.each([
  ['127.0.0.1', [{}, { HOST: '' }, { HOST: '0.0.0.0' }, { HOST: '127.0.0.1' }, { HOST: 'localhost' }]],
  ['127.0.0.2', [{ HOST: '127.0.0.2' }, { HOST: ' 127.0.0.2\n' }]],
])('the health check asks the address that HOST names, here %s', async (address, environments) => {
  await once(server.listen(0, address), 'listening');
  for (const env of environments) {
    status = 200;
    expect([env, await exitCode(env)]).toEqual([env, 0]);
    status = 503;
    expect([env, await exitCode(env)]).toEqual([env, 1]);
  }
});
