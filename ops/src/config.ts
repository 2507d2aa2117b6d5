import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { authenticationVariables } from '@mentor-sessions/service-kit/authentication/variables';
import { parseConfig, port, postgresUrl, url, urls } from '@mentor-sessions/service-kit/config';

export type Environment = Readonly<Record<string, string | undefined>>;

const variables = z.object({
  BOOKINGS_OPERATOR_DATABASE_URL: postgresUrl,
  SESSIONS_OPERATOR_DATABASE_URL: postgresUrl,
  OPERATOR_AMQP_URL: urls('amqp', 'amqps'),
  /** RabbitMQ's management API, which lists bindings; undefined: they are unknown. */
  OPERATOR_MANAGEMENT_URL: url('http', 'https').optional(),
  /** Who acts unless `--operator` says otherwise; undefined: `--operator` is required. */
  OPERATOR: z.string().optional(),
});

export type OpsConfig = z.output<typeof variables>;

/** Missing variables are taken from the stack that `npm start` runs in this checkout. */
export const readConfig = (environment: Environment): OpsConfig => {
  const config = read(variables, environment);
  // in a container the system user is the image's, or has no name at all
  const systemUser = isProduction(environment) ? undefined : userInfo().username;
  return { ...config, OPERATOR: config.OPERATOR ?? systemUser };
};

export const isProduction = (environment: Environment): boolean => environment['NODE_ENV'] === 'production';

const consoleVariables = z.object({
  OPS_CONSOLE_HOST: z.string().default('127.0.0.1'),
  /** 0 = any free one. */
  OPS_CONSOLE_PORT: port.default(3010),
  ADMIN_PORT: port.default(0),
  ...authenticationVariables,
});

/** Defaults as in `readConfig`. Of `AUTH_JWKS_URL` and `AUTH_JWKS_FILE` the URL wins. */
export const readConsoleConfig = (environment: Environment): z.output<typeof consoleVariables> =>
  read(consoleVariables, environment);

const read = <T extends z.ZodType>(shape: T, environment: Environment): z.output<T> => {
  const isGiven = (name: string): boolean => Boolean(environment[name] || environment[`${name}_FILE`]);
  const defaults = Object.entries(runningStack(environment)).filter(([name]) => !isGiven(name));
  return parseConfig(shape, { ...environment, ...Object.fromEntries(defaults) });
};

type Stack = Readonly<Record<'bookings' | 'sessions', { operatorDatabaseUrl: string }>> & {
  readonly operatorAmqpUrl: string;
  readonly operatorManagementUrl?: string;
  readonly auth: { readonly issuer: string; readonly audience: string };
};

const runningStack = (environment: Environment): Environment => {
  const folder = resolve(environment['LOCAL_STACK_FOLDER'] || '.local');
  const file = resolve(folder, 'stack.json');
  if (!existsSync(file)) return {};
  const stack = JSON.parse(readFileSync(file, 'utf8')) as Stack;
  return {
    BOOKINGS_OPERATOR_DATABASE_URL: stack.bookings.operatorDatabaseUrl,
    SESSIONS_OPERATOR_DATABASE_URL: stack.sessions.operatorDatabaseUrl,
    OPERATOR_AMQP_URL: stack.operatorAmqpUrl,
    OPERATOR_MANAGEMENT_URL: stack.operatorManagementUrl,
    AUTH_ISSUER: stack.auth.issuer,
    AUTH_AUDIENCE: stack.auth.audience,
    AUTH_JWKS_FILE: resolve(folder, 'jwks.json'),
  };
};
