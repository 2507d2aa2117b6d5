import { afterAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '../people.ts';
import { openTcpProxy, targetOf, type TcpProxy } from '../proxy/tcp-proxy.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

export const outage = ({ service, outage: requests }: ServiceUnderTest): void =>
  describe(`${service} without its database`, () => {
    let network: TcpProxy;
    afterAll(() => network.close()); // after the API: hooks run in reverse order
    const api = testApi({
      service,
      through: async (databaseUrl) => {
        network = await openTcpProxy({ target: targetOf(databaseUrl) });
        return network.through(databaseUrl);
      },
    });
    const as = people['a stranger with both roles'];

    test('each request is answered 503 and when to try again; with the database back, as before', async () => {
      const { request } = api();
      for (const [method, path, body] of requests)
        expect((await request(method, path, { as, body })).status).toBeLessThan(500);
      network.refuse();
      network.reset();
      for (const [method, path, body] of requests)
        expect((await request(method, path, { as, body })).outcome).toBe('503 unavailable');
      // what needs no database still works
      expect((await request('GET', '/nowhere')).outcome).toBe('404 not-found');
      expect((await request('GET', `/${service}`)).outcome).toBe('401 unauthenticated');
      network.heal();
      await eventually(async () => (await request('GET', `/${service}`, { as })).outcome === '200');
    });
  });
