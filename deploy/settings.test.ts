import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { settingsFor, settingsOf } from '../scripts/start/settings.ts';
import { render } from './kubernetes/test/render.ts';
import type { Resource } from './kubernetes/test/render.ts';

const house = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(house, file), 'utf8');

const [, table = ''] = /^## Configuration$(.*?)^## /ms.exec(read('docs/for-operators.md')) ?? [];
const documented = [...table.matchAll(/^\|([^|]*`[A-Z_]+`[^|]*)\|/gm)].flatMap(([, names = '']) =>
  [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
);
const example = read('.env.example').split(/^# --- /m);
const namesIn = (section: string): string[] =>
  [...(example.find((text) => text.startsWith(section)) ?? '').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  );
const services = ['bookings', 'sessions'] as const;
const settings = { bookings: namesIn('bookings'), sessions: namesIn('sessions') };
const both = namesIn('both services');

test('the table for operators and .env.example name the same variables', () => {
  expect(documented.length).toBeGreaterThan(25);
  expect(documented.toSorted()).toEqual([...both, ...settings.bookings, ...settings.sessions].toSorted());
});

const roles = ['api', 'relay', 'consumer', 'retention'];
const everyRole = services.flatMap((service) => roles.map((role) => [`${service}-${role}`, service, role] as const));
/** What a role must be given: its own retention login is for retention alone. */
const wanted = (service: (typeof services)[number], role: string, fixed: readonly string[]): string[] =>
  [...both, ...settings[service]].filter(
    (name) => !fixed.includes(name) && (name !== 'RETENTION_DATABASE_URL' || role === 'retention'),
  );

describe('docker-compose.yml passes every setting on to', () => {
  const composed = parse(read('docker-compose.yml'), { merge: true }) as Resource;
  // the image says how it listens and that it is production; keys come from a URL
  const fixed = ['NODE_ENV', 'HOST', 'PORT', 'ADMIN_PORT', 'AUTH_JWKS_FILE'];

  test.each(everyRole)('%s', (name, service, role) => {
    const given = composed['services'][name].environment as Record<string, string>;
    for (const setting of wanted(service, role, fixed)) {
      if (`${setting}_FILE` in given) continue;
      const variable = String.raw`^\$\{(${service.toUpperCase()}_)?${setting}(:-.*)?\}$`;
      expect([setting, given[setting]]).toEqual([setting, expect.stringMatching(variable)]);
    }
  });

  test('the migrations of bookings, which write the bounds into the database', () => {
    const given = composed['services']['bookings-migrations'].environment;
    expect(given).toMatchObject({ LONGEST_BOOKING_HOURS: '${LONGEST_BOOKING_HOURS:-}' });
    expect(given).toMatchObject({ FURTHEST_START_DAYS: '${FURTHEST_START_DAYS:-}' });
  });
});

describe('the manifests for Kubernetes have a place for every setting of', () => {
  const rendered = render(join(house, 'deploy/kubernetes/overlays/production'));
  const find = (kind: string, name: string) =>
    rendered.find((resource) => resource['kind'] === kind && resource['metadata'].name === name) as Resource;
  const given = (kind: string, name: string): string[] => {
    const [{ env = [], envFrom = [] }] = find(kind, name)['spec'].template.spec.containers;
    return [
      ...env.map((one: Resource) => one['name'].replace(/_FILE$/, '')),
      ...envFrom.flatMap((one: Resource) => Object.keys(find('ConfigMap', one['configMapRef'].name)['data'])),
    ];
  };
  // the image says that it is production; ports are those of the manifests; fsync is on
  const fixed = ['NODE_ENV', 'PORT', 'AUTH_JWKS_FILE', 'ALLOW_FSYNC_OFF'];

  test.each(everyRole)('%s', (name, service, role) => {
    expect(wanted(service, role, fixed).filter((setting) => !given('Deployment', name).includes(setting))).toEqual([]);
  });

  test('the migrations of bookings, which write the bounds into the database', () => {
    expect(given('Job', 'bookings-migrations')).toEqual(
      expect.arrayContaining(['LONGEST_BOOKING_HOURS', 'FURTHEST_START_DAYS']),
    );
  });
});

describe('npm start', () => {
  test.each(services)('passes to the roles of %s what it does not choose itself', (service) => {
    const chosen = [...both, ...settings[service]].filter((name) => !settingsOf(service).has(name));
    expect(chosen).toEqual(
      expect.arrayContaining(['DATABASE_URL', 'AMQP_URL', 'PORT', 'AUTH_ISSUER', 'AUTH_JWKS_FILE']),
    );
    expect(chosen.length).toBeLessThan(16);
    const env = Object.fromEntries(documented.map((name) => [name, `the ${name}`]));
    expect(settingsFor(service, env)).toEqual(
      Object.fromEntries([...settingsOf(service).keys()].map((name) => [name, `the ${name}`])),
    );
  });

  test('passes a setting of one service, and a file for one', () => {
    const env = {
      LOG_LEVEL: 'warn',
      SESSIONS_LOG_LEVEL: 'debug',
      CORS_ORIGINS_FILE: '/a/file',
      RATE_LIMIT_PER_MINUTE: '',
    };
    expect(settingsFor('bookings', env)).toEqual({ LOG_LEVEL: 'warn', CORS_ORIGINS_FILE: '/a/file' });
    expect(settingsFor('sessions', env)).toEqual({ LOG_LEVEL: 'debug', CORS_ORIGINS_FILE: '/a/file' });
  });
});
