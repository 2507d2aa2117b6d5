import { METHODS } from 'node:http';
import { inTurns } from '../part.ts';
import { changes, type Service } from './http-world.ts';
import type { Attack } from './generated.ts';
import requests from './corpus/fixtures/requests.json' with { type: 'json' };

const { foreignPaths, pollutedQueries } = requests;
const known: Record<Service, readonly string[]> = { bookings: ['GET', 'HEAD', 'POST'], sessions: ['GET', 'HEAD'] };

const isPublic = (path: string): boolean => ['/', '/openapi.json', '/docs', '/docs/start.js'].includes(path);

/** Every method that Node knows, on every path of both services and on well-known paths of others. */
export const everyVerb: Attack = async (world) => {
  const verbs = METHODS.filter((verb) => verb !== 'CONNECT');
  const paths = (service: Service) => [
    `/${service}`,
    `/${service}/${crypto.randomUUID()}`,
    ...changes.filter((change) => change.service === service && change.method === 'PATCH').map(({ path }) => path),
    '/',
    '/openapi.json',
    '/docs',
    '/docs/start.js',
    ...(world.size === 'full' ? foreignPaths : foreignPaths.slice(0, 6)),
  ];
  for (const service of ['bookings', 'sessions'] as const)
    await inTurns(paths(service), 4, async (path) => {
      const isPatch = /\/(accept|decline|cancel|start|complete)$/.test(path);
      for (const method of verbs) {
        if (isPatch && method === 'PATCH') continue; // the documented method
        const headers = ['x-http-method-override', 'PATCH', 'x-method-override', 'DELETE'];
        const { status, headers: answered } = await world.ask(service, path, { method, as: 'mentor', headers });
        const isMeant = ['GET', 'HEAD', 'OPTIONS'].includes(method) && isPublic(path);
        const isList = path === `/${service}` && known[service].includes(method);
        if (status < 300 && !isMeant && !isList) world.fault(`${method} ${path} at ${service}: ${status}`);
        if (status === 405 && !answered['allow']) world.fault(`${method} ${path}: 405 without Allow`);
      }
    });
  return `${verbs.length} verbs × ${paths('bookings').length + paths('sessions').length} paths`;
};

// These are empty, so nothing is refused; Node's client removes a fragment as browsers do.
const harmless = new Set(['&&&=&', 'limit=1#&status=x']);

export const queryPollution: Attack = async (world) => {
  const many = [
    ...pollutedQueries,
    `cursor=${'A'.repeat(8_000)}`,
    `x=1${'&x=1'.repeat(3_000)}`,
    Array.from({ length: 1_500 }, (_, index) => `p${index}=1`).join('&'),
  ];
  for (const service of ['bookings', 'sessions'] as const)
    await inTurns(many, 8, async (query) => {
      for (const path of [`/${service}`, `/${service}/${crypto.randomUUID()}`]) {
        const { status } = await world.ask(
          service,
          `${path}?${query.replaceAll(' ', '%20').replaceAll('٣', '%D9%A3')}`,
          { as: 'mentee' },
        );
        if (status !== 400 && !harmless.has(query)) world.fault(`${path}?${query.slice(0, 60)}: ${status}`);
      }
    });
  return `${many.length} queries × 4 routes`;
};
