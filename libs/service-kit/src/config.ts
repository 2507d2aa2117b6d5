import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { hasKnownSecret, knownSecretSentence } from './known-secrets.ts';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The environment, parsed once. Each variable NAME may be given as NAME_FILE instead (the file's content). White space
 * around a value does not count: it comes from YAML blocks and from files with Windows line ends. An empty variable counts
 * as not set. With NODE_ENV=production, URLs whose password is missing or widely known are rejected. All problems are
 * reported in one error, without the values.
 */
export const parseConfig = <S extends z.ZodType>(schema: S, env: Env): z.output<S> => {
  const problems: string[] = [];
  const values = Object.fromEntries(namesOf(schema).map((name) => [name, valueOf(name, env, problems)]));
  if (valueOf('NODE_ENV', env, []) === 'production') problems.push(...knownSecretsIn(values));
  const parsed = schema.safeParse(values);
  if (parsed.success && problems.length === 0) return parsed.data;
  const reported = new Set(problems.map((line) => line.slice(0, line.indexOf(':'))));
  for (const issue of parsed.error?.issues ?? []) {
    const name = issue.path.join('.');
    if (!reported.has(name))
      problems.push(
        `${name}: ${values[name] === undefined && name in values ? 'is missing' : issue.message.replaceAll(/\s+/g, ' ')}`,
      );
  }
  throw new ConfigError(`configuration:\n${problems.map((line) => `  ${line}`).join('\n')}`);
};

const knownSecretsIn = (values: Env): string[] =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined && hasKnownSecret(value))
    .map(([name]) => `${name}: ${knownSecretSentence}`);

const namesOf = (schema: z.core.$ZodType): string[] => {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodPipe) return namesOf(schema.in);
  throw new TypeError('a configuration is a z.object, possibly with a transform');
};

const valueOf = (name: string, env: Env, problems: string[]): string | undefined => {
  const value = env[name]?.trim() || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (file === undefined) return value;
  if (value !== undefined) problems.push(`${name}: is given twice, also as ${name}_FILE`);
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    problems.push(`${name}: ${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
};

const number = (digits: RegExp, message: string) => z.string().regex(digits, message).transform(Number);

/** 0 = any free port. */
export const port = number(/^\d{1,5}$/, 'must be a port number').refine(
  (value) => value <= 65_535,
  'must be a port number',
);

/** An absolute URL of one of the given schemes (without colon), as written. */
export const url = (...schemes: readonly string[]) =>
  z.string().refine((value) => schemes.includes(schemeOf(value)), `must be a URL (${schemes.join(', ')})`);

/** What the driver understands. It silently ignores anything else, and the kit sets `client_encoding` and the like itself. */
const postgresParameters = new Set([
  'sslmode',
  'sslcert',
  'sslkey',
  'sslrootcert',
  'sslnegotiation',
  'uselibpqcompat',
  'ssl',
  'application_name',
  'fallback_application_name',
  'options',
  'host',
  'port',
  'user',
  'password',
]);

const problemOfPostgresUrl = (value: string): string | undefined => {
  const host = /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(value)?.[1] ?? '';
  const query = new URLSearchParams(/\?([^#]*)/.exec(value)?.[1]);
  const isMany = [host, query.get('host') ?? '', query.get('port') ?? ''].some((part) => part.includes(','));
  if (isMany || query.has('target_session_attrs'))
    return 'must name one host, without target_session_attrs: use an address that follows the primary (a DNS name, a virtual IP, HAProxy, PgBouncer in session mode)';
  if (!['postgres', 'postgresql'].includes(schemeOf(value))) return 'must be a URL (postgres, postgresql)';
  const unknown = [...query.keys()].find((name) => !postgresParameters.has(name));
  return unknown && `has the parameter ${unknown}, which has no effect here: remove it`;
};

/** Of one PostgreSQL server, as written. */
export const postgresUrl = z.string().superRefine((value, context) => {
  const message = problemOfPostgresUrl(value);
  if (message) context.addIssue({ code: 'custom', message });
});

const partsOf = (value: string): string[] => value.split(',').map((part) => part.trim());

const listOf = (isOne: (part: string) => boolean, message: string) =>
  z
    .string()
    .transform(partsOf)
    .refine((parts) => parts.every(isOne), message);

/** Several such URLs: the nodes of a cluster. */
export const urls = (...schemes: readonly string[]) =>
  listOf((part) => schemes.includes(schemeOf(part)), `must be URLs (${schemes.join(', ')}), separated by commas`);

/** Web views have schemes of their own, like capacitor://localhost, for which `URL.origin` is null. */
const isOrigin = (text: string): boolean => {
  const { protocol, host } = URL.parse(text) ?? {};
  return Boolean(host) && `${protocol}//${host}` === text;
};

/** Origins as browsers send them. */
export const origins = listOf(
  (part) => part === '*' || isOrigin(part),
  'must be origins like https://app.example.com, separated by commas, or *',
);

/** Of a web service, without a slash at its end: paths are appended. In ASCII: a header cannot carry other characters. */
export const baseUrl = url('http', 'https')
  .refine((value) => !/[?#@]/.test(value), 'must be a base URL, without ?, # and a user')
  .transform((value) => new URL(value).href.replace(/\/+$/, ''));

const isNetwork = (text: string): boolean => {
  const [address = '', prefix = '32', ...more] = text.split('/');
  const version = isIP(address);
  const bits = Number(prefix);
  return version > 0 && more.length === 0 && /^\d{1,3}$/.test(prefix) && bits > 0 && bits <= (version === 4 ? 32 : 128);
};

/** How many proxies are in front, or their addresses and networks; never all addresses: any client could choose its own. */
export const trustedProxies = z
  .string()
  .transform((value) => (/^\d{1,2}$/.test(value) ? Number(value) : partsOf(value)))
  .refine(
    (value) => (typeof value === 'number' ? value > 0 : value.every(isNetwork)),
    'must be the number of proxies in front (1), or their addresses (10.0.0.0/8, separated by commas); with true, any client could choose its address',
  );

export const headerNames = listOf(
  (part) => /^[\w!#$%&'*+.^`|~-]+$/.test(part),
  'must be header names separated by commas',
);

export const names = listOf((part) => part !== '', 'must be names separated by commas');

const schemeOf = (value: string): string => URL.parse(value)?.protocol.slice(0, -1) ?? '';

export const booleanFlag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1');

/** A length of time in seconds, fractions allowed. */
export const seconds = number(/^\d{1,6}(\.\d{1,3})?$/, 'must be a number of seconds');

/** Several of them, separated by commas; each once. */
export const listOfSeconds = z
  .string()
  .regex(/^\d{1,8}( *, *\d{1,8})*$/, 'must be numbers of seconds separated by commas')
  .transform((value) => Array.from(new Set(value.split(',').map(Number))));

export const positiveInteger = number(/^[1-9]\d{0,8}$/, 'must be a whole number of at least 1');

export const logLevel = z.enum(
  ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  'must be a level: trace, debug, info, warn, error, fatal or silent',
);
