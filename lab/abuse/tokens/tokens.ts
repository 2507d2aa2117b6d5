import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWorld } from '../../e2e/world.ts';
import type { Part, Size, Verdict } from '../part.ts';
import { unless, verdict } from '../part.ts';
import { flood } from './flood.ts';
import { goodOnes } from './good.ts';
import { hostileTokens } from './hostile.ts';
import { openIssuer } from './issuer.ts';
import type { Door, TokenWorld } from './door.ts';
import { refusals } from './refusals.ts';
import { rotation } from './rotation.ts';

const listen = async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end('{"keys":[]}');
  }).on('connection', () => (asked += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked: () => asked, close: () => server.close() };
};

const run = async (size: Size): Promise<Verdict[]> => {
  const world = await createWorld();
  const issuer = await openIssuer(world.stack.auth);
  const listener = await listen();
  try {
    const doors = await Promise.all(
      (['bookings', 'sessions'] as const).map(async (service): Promise<Door> => {
        const keys = { AUTH_JWKS_FILE: '', AUTH_JWKS_URL: issuer.url(service) };
        const api = await world.start(`${service} api`, { env: keys });
        await api.waitReady();
        return { service, url: api.url };
      }),
    );
    const hostile = hostileTokens(issuer, listener.url);
    const tokenWorld: TokenWorld = { doors, issuer, size };
    return [
      await goodOnes(tokenWorld),
      await refusals(tokenWorld, hostile),
      verdict(
        'key URLs inside tokens are never followed',
        `${listener.asked()} connections to the listener`,
        unless(listener.asked() === 0, 'somebody asked at an address inside a token'),
      ),
      await flood(tokenWorld),
      await rotation(tokenWorld),
    ];
  } finally {
    listener.close();
    await world.close();
    issuer.close();
  }
};

export const tokens: Part = { name: 'tokens', run };
