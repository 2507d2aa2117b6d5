import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { AuthenticationOptions } from '@mentor-sessions/service-kit/authentication';
import { parseConfig, port, postgresUrl, url, urls } from '@mentor-sessions/service-kit/config';

const variables = z.object({
  BOOKINGS_OPERATOR_DATABASE_URL: postgresUrl,
  SESSIONS_OPERATOR_DATABASE_URL: postgresUrl,
  OPERATOR_AMQP_URL: urls('amqp', 'amqps'),
  OPERATOR_MANAGEMENT_URL: url('http', 'https').optional(),
  OPERATOR: z.string().optional(),
});

export type OpsConfig = {
  readonly databaseUrls: { readonly bookings: string; readonly sessions: string };
  readonly amqpUrls: readonly string[];
  /** RabbitMQ's management API, for the list of bindings; undefined: they are unknown. */
  readonly managementUrl: string | undefined;
  /** Who acts, unless `--operator` says otherwise; undefined: it must say. */
  readonly operator: string | undefined;
};

const consoleVariables = z.object({
  OPS_CONSOLE_HOST: z.string().default('127.0.0.1'),
  OPS_CONSOLE_PORT: port.default(3010),
  ADMIN_PORT: port.default(0),
  AUTH_ISSUER: z.string(),
  AUTH_AUDIENCE: z.string(),
  AUTH_JWKS_URL: url('http', 'https').optional(),
  AUTH_JWKS_FILE: z.string().optional(),
});

export type ConsoleConfig = {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly adminPort: number;
  readonly auth: Pick<AuthenticationOptions, 'issuer' | 'audience' | 'jwksUrl' | 'jwksFile'>;
};

/** As `readConfig`; of `AUTH_JWKS_URL` and `AUTH_JWKS_FILE` the URL counts. */
export const readConsoleConfig = (): ConsoleConfig => {
  const env = read(consoleVariables);
  return {
    host: env.OPS_CONSOLE_HOST,
    port: env.OPS_CONSOLE_PORT,
    adminPort: env.ADMIN_PORT,
    auth: {
      issuer: env.AUTH_ISSUER,
      audience: env.AUTH_AUDIENCE,
      jwksUrl: env.AUTH_JWKS_URL,
      jwksFile: env.AUTH_JWKS_FILE,
    },
  };
};

export const isProduction = (): boolean => process.env['NODE_ENV'] === 'production';

type Stack = Readonly<Record<'bookings' | 'sessions', { operatorDatabaseUrl: string }>> & {
  readonly operatorAmqpUrl: string;
  readonly operatorManagementUrl?: string;
  readonly auth: { readonly issuer: string; readonly audience: string };
};

/** The environment; for what it leaves out, the stack that `npm start` runs in this checkout. */
export const readConfig = (): OpsConfig => {
  const env = read(variables);
  return {
    databaseUrls: { bookings: env.BOOKINGS_OPERATOR_DATABASE_URL, sessions: env.SESSIONS_OPERATOR_DATABASE_URL },
    amqpUrls: env.OPERATOR_AMQP_URL,
    managementUrl: env.OPERATOR_MANAGEMENT_URL,
    // in a container the system's user is the image's, or has no name at all
    operator: env.OPERATOR || (isProduction() ? undefined : userInfo().username),
  };
};

const read = <T extends z.ZodType>(shape: T): z.output<T> => {
  const isGiven = (name: string): boolean => Boolean(process.env[name] || process.env[`${name}_FILE`]);
  const running = Object.entries(runningStack()).filter(([name]) => !isGiven(name));
  return parseConfig(shape, { ...process.env, ...Object.fromEntries(running) });
};

const runningStack = (): Record<string, string> => {
  const folder = resolve(process.env['LOCAL_STACK_FOLDER'] ?? '.local');
  const file = resolve(folder, 'stack.json');
  if (!existsSync(file)) return {};
  const {
    bookings,
    sessions,
    operatorAmqpUrl,
    operatorManagementUrl = '',
    auth,
  } = JSON.parse(readFileSync(file, 'utf8')) as Stack;
  return {
    BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
    SESSIONS_OPERATOR_DATABASE_URL: sessions.operatorDatabaseUrl,
    OPERATOR_AMQP_URL: operatorAmqpUrl,
    OPERATOR_MANAGEMENT_URL: operatorManagementUrl,
    AUTH_ISSUER: auth.issuer,
    AUTH_AUDIENCE: auth.audience,
    AUTH_JWKS_FILE: resolve(folder, 'jwks.json'),
  };
};
