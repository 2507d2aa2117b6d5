import { readFileSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { ConfigError } from '@mentor-sessions/service-kit/config';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const example = read('.env.example');
/** Settings in the operators' guide. */
const shown = [...read('docs/for-operators.md').matchAll(/^([A-Z_]+)='?([^\s']+)/gm)].map(
  ([, name = '', value = '']) => ({ [name]: value.replace('change-me', 'a-secret-of-ours') }),
);

type Environment = Readonly<Record<string, string | undefined>>;

/** Tests the variables that all services have; returns what tests of further variables need. */
export const configuration = (service: string, readConfig: () => object) => {
  const ours = example
    .split(/^# --- /m)
    .filter((section) => section.startsWith('both services\n') || section.startsWith(`${service}\n`))
    .join('');
  const copied: Environment = Object.fromEntries(
    [...ours.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const given: Environment = Object.fromEntries(
    Object.entries(copied).map(([name, value]) => [name, value?.replace('change-me', 'a-secret-of-ours')]),
  );
  const named = [...ours.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);

  const inEnvironment = (env: NodeJS.ProcessEnv): void => void jest.replaceProperty(process, 'env', env);
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const problemsIn = (env: Environment): string[] => {
    inEnvironment(env);
    try {
      readConfig();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return (error as Error).message.split('\n').slice(1);
    }
    return [];
  };

  test('every variable is in .env.example, and every one there is read', () => {
    const asked = new Set<string>();
    const notes: ProxyHandler<NodeJS.ProcessEnv> = {
      get: (env, name) => (asked.add(String(name)), Reflect.get(env, name)),
    };
    inEnvironment(new Proxy({ ...given }, notes));
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
    const wrong = { PORT: 'http', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://secret', AUTH_ISSUER: '' };
    const problems = problemsIn({ ...given, ...wrong });
    expect(problems.map((line) => line.trim().split(':')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'AUTH_ISSUER',
      'LOG_LEVEL',
    ]);
    expect(problems.join()).not.toContain('secret');
  });

  test('rejects a missing or widely known password in production without showing it', () => {
    expect(problemsIn(copied).map((line) => line.trim())).toEqual([
      'DATABASE_URL: has no password, or a widely known one',
      'AMQP_URL: has no password, or a widely known one',
    ]);
    for (const url of [
      'amqp://guest:guest@b',
      'amqp://app@b',
      'amqp://app:App@b,amqp://app:app@c',
      'amqps://a:Password1@b',
    ]) {
      expect(problemsIn({ ...given, AMQP_URL: url })).toEqual([
        expect.stringMatching(/^ {2}AMQP_URL: has no password/),
      ]);
      expect(problemsIn({ ...given, AMQP_URL: url, NODE_ENV: 'development' })).toEqual([]);
    }
    expect(problemsIn({ ...given, DATABASE_URL: 'postgresql://app@db/x?sslcert=app.crt' })).toEqual([]);
  });

  test('keys come from a URL or from a file, not from both and not from nowhere', () => {
    for (const keys of [{ AUTH_JWKS_FILE: 'jwks.json' }, { AUTH_JWKS_URL: '' }])
      expect(problemsIn({ ...given, ...keys })).toEqual([
        expect.stringMatching(/^ {2}AUTH_JWKS_URL or AUTH_JWKS_FILE: /),
      ]);
  });

  test.each([
    [
      'TRUST_PROXY',
      ['true', 'false', '*', '0', '-1', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0', 'nginx', '10.0.0.1,'],
    ],
    ['PUBLIC_URL', ['/mentoring', 'api.example.com', 'ftp://a', 'https://a/?b=c', 'https://a/#b']],
    [
      'CORS_ORIGINS',
      [
        'https://a/',
        'https://a:443',
        'https://A',
        'capacitor://localhost/',
        'a:b',
        'file://',
        'null',
        'https://a,',
        '//a',
      ],
    ],
    ['CORS_HEADERS', ['X-A,,X-B', 'X A', 'X-A: 1', 'é']],
    ['KEEP_ALIVE_TIMEOUT', ['0', '-1', 'long', '65s']],
    [
      'AUTH_JWKS_URL',
      ['https://user:hunter2@a/keys', 'https://user@a/keys', 'https://:hunter2@a/keys', 'file:///keys'],
    ],
    ['AUTH_LEEWAY_SECONDS', ['121', '-1', 'a minute']],
    ['AUTH_ALGORITHMS', ['none', 'HS256', 'RS256,HS512', 'rs256', 'None', 'dir', 'RSA-OAEP']],
  ])('%s is refused at start when it is nonsense or unsafe', (name, values) => {
    for (const value of values)
      expect([value, problemsIn({ ...given, [name]: value })]).toEqual([
        value,
        [expect.stringMatching(new RegExp(`^  ${name}: must be `))],
      ]);
  });

  test.each([
    ['TRUST_PROXY', '2', 2],
    ['TRUST_PROXY', '10.0.0.0/8, 192.168.1.7,fd00::/8', ['10.0.0.0/8', '192.168.1.7', 'fd00::/8']],
    ['PUBLIC_URL', 'https://api.example.com/mentoring/', 'https://api.example.com/mentoring'],
    ['PUBLIC_URL', 'https://bücher.example/größe/', 'https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe'],
    ['CORS_ORIGINS', 'https://a, http://[::1]:5173,*', ['https://a', 'http://[::1]:5173', '*']],
    ['CORS_ORIGINS', 'capacitor://localhost,ionic://localhost', ['capacitor://localhost', 'ionic://localhost']],
    ['CORS_HEADERS', 'X-App-Version, b3', ['X-App-Version', 'b3']],
    ['KEEP_ALIVE_TIMEOUT', '620', 620],
    ['AUTH_LEEWAY_SECONDS', '120', 120],
    ['AUTH_ALGORITHMS', 'PS256, ES384,Ed25519', ['PS256', 'ES384', 'Ed25519']],
  ])('%s may be %s', (name, value, read) => {
    inEnvironment({ ...given, [name]: value });
    expect(readConfig()).toMatchObject({ [name]: read });
  });

  test('TRUST_PROXY=true is refused with the reason', () => {
    expect(problemsIn({ ...given, TRUST_PROXY: 'true' }).join()).toMatch(
      /with true, any client could choose its address/,
    );
  });

  test('settings are valid as the guide for operators shows them', () => {
    const ours = shown.filter((setting) => named.includes(Object.keys(setting)[0]));
    expect(ours.length).toBeGreaterThan(5);
    for (const setting of ours) expect([setting, problemsIn({ ...given, ...setting })]).toEqual([setting, []]);
  });

  return { given, problemsIn };
};
