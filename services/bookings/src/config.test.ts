import { readFileSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { ConfigError } from '@mentor-sessions/service-kit/config';
import { readConfig } from './config.ts';

const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
const ours = example
  .split(/^# --- /m)
  .filter((section) => /^(both services|bookings)\n/.test(section))
  .join('');
const copied = Object.fromEntries(
  [...ours.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
);
const given = Object.fromEntries(
  Object.entries(copied).map(([name, value]) => [name, value.replace('change-me', 'a-secret-of-ours')]),
);
const named = [...ours.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);

const inEnvironment = (env: NodeJS.ProcessEnv): void => void jest.replaceProperty(process, 'env', env);
afterEach(() => {
  jest.restoreAllMocks();
});

test('every variable is in .env.example, and every one there is read', () => {
  const asked = new Set<string>();
  const notes: ProxyHandler<NodeJS.ProcessEnv> = {
    get: (env, name) => (asked.add(String(name)), Reflect.get(env, name)),
  };
  inEnvironment(new Proxy(given, notes));
  readConfig();
  const read = [...asked].filter((name) => asked.has(`${name}_FILE`));
  expect(named.toSorted()).toEqual(read.toSorted());
  expect(example.match(/^# --- .*/gm)).toEqual(['# --- both services', '# --- bookings', '# --- sessions']);
});

test('.env.example is a valid configuration once its passwords are changed', () => {
  inEnvironment(given);
  expect(readConfig()).toMatchObject({ PORT: 3001, AMQP_URL: [given['AMQP_URL']], SHUTDOWN_DELAY: 2 });
});

test('all problems are reported at once, without the values', () => {
  inEnvironment({ ...given, PORT: 'http', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://secret', AUTH_ISSUER: '' });
  const told = problems();
  expect(told.map((line) => line.trim().split(':')[0])).toEqual(['PORT', 'DATABASE_URL', 'AUTH_ISSUER', 'LOG_LEVEL']);
  expect(told.join()).not.toContain('secret');
});

test('rejects a missing or widely known password in production without showing it', () => {
  inEnvironment(copied);
  expect(problems().map((line) => line.trim())).toEqual([
    'DATABASE_URL: has no password, or a widely known one',
    'AMQP_URL: has no password, or a widely known one',
  ]);
  for (const url of [
    'amqp://guest:guest@b',
    'amqp://app@b',
    'amqp://app:App@b,amqp://app:app@c',
    'amqps://a:Password1@b',
  ]) {
    inEnvironment({ ...given, AMQP_URL: url });
    expect(problems()).toEqual([expect.stringMatching(/^ {2}AMQP_URL: has no password/)]);
    inEnvironment({ ...given, AMQP_URL: url, NODE_ENV: 'development' });
    expect(problems()).toEqual([]);
  }
  inEnvironment({ ...given, DATABASE_URL: 'postgresql://app@db/x?sslcert=app.crt' });
  expect(problems()).toEqual([]);
});

test('links in production need the public address of sessions, which has a default in development only', () => {
  inEnvironment({ ...given, SESSIONS_URL: '' });
  expect(problems()).toEqual(['  SESSIONS_URL: is missing']);
  inEnvironment({ ...given, SESSIONS_URL: '', NODE_ENV: 'development' });
  expect(readConfig()).toMatchObject({ SESSIONS_URL: 'http://localhost:3002' });
});

test('keys come from a URL or from a file, not from both and not from nowhere', () => {
  for (const keys of [{ AUTH_JWKS_FILE: 'jwks.json' }, { AUTH_JWKS_URL: '' }]) {
    inEnvironment({ ...given, ...keys });
    expect(problems()).toEqual([expect.stringMatching(/^ {2}AUTH_JWKS_URL or AUTH_JWKS_FILE: /)]);
  }
});

const problems = (): string[] => {
  try {
    readConfig();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
};
