import { METHODS } from 'node:http';
import { inTurns } from '../pool.ts';
import { changes } from './http-world.ts';
import type { Service } from './http-world.ts';
import type { Attack } from './attack.ts';

const foreign = [
  '/admin',
  '/metrics',
  '/livez',
  '/readyz',
  '/health',
  '/.env',
  '/.git/config',
  '/package.json',
  '/debug',
  '/actuator',
  '/graphql',
  '/api',
  '/v1/bookings',
  '/login',
  '/docs/../package.json',
  '/docs/%2e%2e/package.json',
  '/docs/..%2f..%2fpackage.json',
  '/docs//',
  '/schemas',
  '/schemas/../x',
  '/__proto__',
  '/constructor',
  '//evil.test/',
  '/\\evil.test',
  '/bookings/',
  '/sessions/',
  '/Bookings',
  '/SESSIONS',
  '/bookings;a=b',
  '/bookings%2f',
  '/bookings%00',
  '/sessions.json',
  '/%',
  '/%ff',
  '/*',
];
const known: Record<Service, readonly string[]> = { bookings: ['GET', 'HEAD', 'POST'], sessions: ['GET', 'HEAD'] };

const isPublic = (path: string): boolean => ['/', '/openapi.json', '/docs', '/docs/start.js'].includes(path);

/** Every verb that Node knows, at every path of both services and where others have doors. */
export const everyVerb: Attack = async (world) => {
  const verbs = METHODS.filter((verb) => verb !== 'CONNECT');
  const paths = (service: Service) => [
    `/${service}`,
    `/${service}/${crypto.randomUUID()}`,
    ...changes.filter((change) => change.service === service && change.method === 'PATCH').map(({ path }) => path),
    ...['/', '/openapi.json', '/docs', '/docs/start.js'],
    ...(world.size === 'full' ? foreign : foreign.slice(0, 6)),
  ];
  for (const service of ['bookings', 'sessions'] as const)
    await inTurns(paths(service), 4, async (path) => {
      const isPatch = /\/(accept|decline|cancel|start|complete)$/.test(path);
      for (const method of verbs) {
        if (isPatch && method === 'PATCH') continue; // the one that is meant
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
