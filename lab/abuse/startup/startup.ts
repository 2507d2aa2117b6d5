import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import { serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import { createWorld, type World } from '../../e2e/world.ts';
import { inTurns, unless, verdict, type Part, type Size, type Verdict } from '../part.ts';
import type { Service } from '@mentor-sessions/local-stack/system';

type Variables = Readonly<Record<string, string>>;

const withPassword = (url: string, password: string): string => Object.assign(new URL(url), { password }).href;

/** Output and exit code of a service with these settings; if it starts, that is a fault, and it is stopped. */
const startWith = (service: Service, env: Variables) => runWith([`services/${service}/src/main.ts`, 'api'], env);

const runWith = async (args: readonly string[], env: Variables): Promise<{ code: number | null; said: string }> => {
  const options = { env, cwd: repository, timeout: 60_000 }; // loading the packages takes long on a busy machine
  const child = spawn(process.execPath, args, options);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
};

const weak = (url: string): Record<string, string> => ({
  none: withPassword(url, ''),
  'its user’s name': withPassword(url, new URL(url).username),
  ...Object.fromEntries(
    ['change-me', 'change-me-1', 'guest', 'postgres', 'Password1', 'secret', 'development', 'admin'].map((word) => [
      word,
      withPassword(url, word),
    ]),
  ),
});

const refusals = async (world: World, size: Size): Promise<Verdict> => {
  const faults: string[] = [];
  let count = 0;
  for (const service of ['bookings', 'sessions'] as const) {
    const base = serviceEnvironment({ ...world.stack[service], auth: world.stack.auth });
    const cases = (['DATABASE_URL', 'AMQP_URL'] as const).flatMap((name) => [
      ...Object.entries(weak(base[name] ?? '')).map(([what, value]) => ({
        name,
        what,
        env: { ...base, [name]: value },
      })),
      { name, what: 'the variable is missing', env: { ...base, [name]: '' } },
    ]);
    const tried = size === 'full' ? cases : cases.filter((_, index) => index % 5 === 2);
    await inTurns(tried, 2, async ({ name, what, env }) => {
      count += 1;
      const { code, said } = await startWith(service, env);
      const value = new URL(env[name] || 'x://x').password;
      if (code !== 1 || !said.includes(`${name}: `))
        faults.push(`${service} with ${name} (${what}) ended with ${code}: ${said.slice(0, 200)}`);
      if (value.length > 8 && said.includes(value)) faults.push(`${service} shows the password of ${name}`);
    });
  }
  return verdict(
    'in production no service starts with a missing or well-known secret',
    `${count} starts refused, exit code 1, the value not shown`,
    faults,
  );
};

/** Everything else with a URL: migrations, retention, operators. */
const otherUrls = async (world: World): Promise<Verdict> => {
  const { bookings, operatorAmqpUrl, operatorManagementUrl, auth } = world.stack;
  const service = serviceEnvironment({ ...bookings, auth });
  const operator = {
    NODE_ENV: 'production',
    BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
    SESSIONS_OPERATOR_DATABASE_URL: world.stack.sessions.operatorDatabaseUrl,
    OPERATOR_AMQP_URL: operatorAmqpUrl,
    OPERATOR_MANAGEMENT_URL: operatorManagementUrl,
    LOCAL_STACK_FOLDER: '/nowhere',
  };
  const weakened = (all: Variables, name: string) => ({ ...all, [name]: withPassword(all[name] ?? '', 'change-me-7') });
  const owner = { NODE_ENV: 'production', ADMIN_DATABASE_URL: bookings.adminDatabaseUrl };
  const retention = { ...service, RETENTION_DATABASE_URL: bookings.retentionDatabaseUrl };
  const console = {
    ...operator,
    AUTH_ISSUER: auth.issuer,
    AUTH_AUDIENCE: auth.audience,
    AUTH_JWKS_FILE: auth.jwksFile,
  };
  const cases: readonly (readonly [args: readonly string[], all: Variables, name: string])[] = [
    [['services/bookings/src/migrate.ts'], owner, 'ADMIN_DATABASE_URL'],
    [['services/bookings/src/main.ts', 'retention'], retention, 'RETENTION_DATABASE_URL'],
    ...Object.keys(operator)
      .filter((name) => name.endsWith('_URL'))
      .flatMap((name) => [
        [['ops/src/main.ts', 'status'], operator, name] as const,
        [['ops/src/main.ts', 'console'], console, name] as const,
      ]),
  ];
  const faults: string[] = [];
  await inTurns(cases, 2, async ([args, all, name]) => {
    const { code, said } = await runWith(args, weakened(all, name));
    if (code === 0 || !said.includes(`${name}: `))
      faults.push(`${args.join(' ')} with a known ${name} ended with ${code}: ${said.slice(0, 200)}`);
  });
  const { SESSIONS_URL: _, ...without } = service;
  const { code, said } = await startWith('bookings', without);
  faults.push(...unless(code === 1 && said.includes('SESSIONS_URL: '), `without SESSIONS_URL: ${code}, ${said}`));
  return verdict(
    'F52 in production known passwords are refused in every URL, and SESSIONS_URL has no default',
    `${cases.length} starts of migrations, retention, command line and console, one of an api`,
    faults,
  );
};

/** With every URL in a file, other users of the machine cannot read any of it. */
const files = async (world: World): Promise<Verdict> => {
  const directory = await mkdtemp(join(tmpdir(), 'abuse-secrets-'));
  const faults: string[] = [];
  try {
    for (const service of ['bookings', 'sessions'] as const) {
      const {
        DATABASE_URL = '',
        AMQP_URL = '',
        ...open
      } = serviceEnvironment({ ...world.stack[service], auth: world.stack.auth });
      const [database, broker] = [join(directory, 'database'), join(directory, 'broker')];
      await writeFile(database, `${DATABASE_URL}\n`, { mode: 0o600 });
      await writeFile(broker, AMQP_URL, { mode: 0o600 });
      // empty variables count as unset
      const process = await world.start(service, {
        env: {
          ...open,
          DATABASE_URL: '',
          AMQP_URL: '',
          DATABASE_URL_FILE: database,
          AMQP_URL_FILE: broker,
        },
      });
      await process.waitReady();
      const passwords = [DATABASE_URL, AMQP_URL].map((url) => new URL(url).password);
      const seen = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
      const variables = await readFile(`/proc/${process.pid}/environ`, 'utf8').catch(() => '');
      for (const password of passwords) {
        faults.push(...unless(!seen.includes(password), `${service}: a password stands in a command line`));
        faults.push(...unless(!variables.includes(password), `${service}: a password stands in its environment`));
        faults.push(...unless(!process.log().includes(password), `${service}: a password stands in its log`));
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return verdict(
    'secrets come from files; no command line, environment or log holds them',
    'both services, all roles ready',
    faults,
  );
};

const run = async (size: Size): Promise<Verdict[]> => {
  const world = await createWorld();
  try {
    return [await refusals(world, size), await otherUrls(world), await files(world)];
  } finally {
    await world.close();
  }
};

export const startup: Part = { name: 'startup', run };
