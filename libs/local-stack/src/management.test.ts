import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { createManagement } from './vhosts.ts';

/** Leaves the first requests without an answer. */
const serverThatIsSilent = async (times: number) => {
  let asked = 0;
  const answer: RequestListener = (_request, response) => void (++asked > times && response.end('{}'));
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://user:password@127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked: () => asked, close: () => server.closeAllConnections() ?? server.close() };
};

test('a request without a response is retried', async () => {
  const server = await serverThatIsSilent(2);
  await createManagement(server.url, 200).put('vhosts/test', {});
  expect(server.asked()).toBe(3);
  server.close();
});

test('so is one whose connection is closed instead', async () => {
  let asked = 0;
  const server = createServer((request, response) => void (++asked > 1 ? response.end('{}') : request.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await createManagement(`http://user:password@127.0.0.1:${port}`).put('vhosts/test', {});
  expect(asked).toBe(2);
  server.closeAllConnections();
  server.close();
});

test('but not forever', async () => {
  const server = await serverThatIsSilent(3);
  await expect(createManagement(server.url, 200).put('vhosts/test', {})).rejects.toThrow('aborted due to timeout');
  expect(server.asked()).toBe(3);
  server.close();
});
