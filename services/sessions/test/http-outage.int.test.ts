import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '@mentor-sessions/lab/people';
import { openTcpProxy, type TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';

let api: TestApi;
let network: TcpProxy;
beforeAll(async () => {
  api = await startTestApi({
    service: 'sessions',
    through: async (databaseUrl) => {
      const { hostname: host, port } = new URL(databaseUrl);
      network = await openTcpProxy({ target: { host, port: Number(port) } });
      return network.through(databaseUrl);
    },
  });
});
afterAll(async () => {
  await api.stop();
  await network.close();
});

const as = people['a stranger with both roles'];
const requests = [
  ['GET', '/sessions', undefined],
  ['GET', `/sessions?bookingId=${randomUUID()}`, undefined],
  ['GET', `/sessions/${randomUUID()}`, undefined],
  ['PATCH', `/sessions/${randomUUID()}/start`, undefined],
] as const;

test('without its database the api answers each request 503 and when to try again; with it, at once as before', async () => {
  for (const [method, path, body] of requests)
    expect((await api.request(method, path, { as, body })).status).toBeLessThan(500);
  network.refuse();
  network.reset();
  for (const [method, path, body] of requests)
    expect((await api.request(method, path, { as, body })).outcome).toBe('503 unavailable');
  // what needs no database is answered as ever
  expect((await api.request('GET', '/nowhere')).outcome).toBe('404 not-found');
  expect((await api.request('GET', '/sessions')).outcome).toBe('401 unauthenticated');
  network.heal();
  await eventually(async () => (await api.request('GET', '/sessions', { as })).outcome === '200');
});
