import { z } from 'zod';
import { authenticationVariables } from './authentication/variables.ts';
import {
  baseUrl,
  booleanFlag,
  headerNames,
  logLevel,
  origins,
  parseConfig,
  port,
  positiveInteger,
  postgresUrl,
  seconds,
  trustedProxies,
  url,
  urls,
} from './config.ts';

const common = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  HOST: z.string().default('0.0.0.0'),
  PORT: port,
  ADMIN_PORT: port.default(0),
  DATABASE_URL: postgresUrl,
  DATABASE_POOL_MAX: positiveInteger.default(10),
  // for a server whose data need not last, as in tests; otherwise a role is not ready while fsync is off
  ALLOW_FSYNC_OFF: booleanFlag.default(false),
  AMQP_URL: urls('amqp', 'amqps'),
  ...authenticationVariables,
  PUBLIC_URL: baseUrl.optional(),
  TRUST_PROXY: trustedProxies.optional(),
  KEEP_ALIVE_TIMEOUT: seconds.refine((value) => value > 0, 'must be more than 0').default(65),
  CORS_ORIGINS: origins.optional(),
  CORS_HEADERS: headerNames.optional(),
  RATE_LIMIT_PER_MINUTE: positiveInteger.optional(),
  LOG_LEVEL: logLevel.default('info'),
  SHUTDOWN_DELAY: seconds.default(2),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  RETENTION_DATABASE_URL: postgresUrl.optional(),
  PUBLISHED_KEPT_DAYS: positiveInteger.default(30),
  INBOX_KEPT_DAYS: positiveInteger.default(30),
  IDEMPOTENCY_KEYS_KEPT_HOURS: positiveInteger.default(24),
  VERSION: z.string().default('development'),
});

/** The common variables and the service's own; each may be given as NAME_FILE. */
export const serviceVariables = <Own extends z.ZodRawShape>(own: Own) =>
  common.extend(own).refine(
    (env) => {
      const { AUTH_JWKS_URL: url, AUTH_JWKS_FILE: file } = env as ServiceConfig;
      return (url === undefined) !== (file === undefined);
    },
    {
      path: ['AUTH_JWKS_URL or AUTH_JWKS_FILE'],
      message: 'one of the two must be given',
      when: () => true, // reported together with all other problems
    },
  );

export type ServiceConfig = z.output<typeof common>;

/** For a command that runs as the owner of the service's database. */
export const readOwnerUrl = (): string =>
  parseConfig(z.object({ ADMIN_DATABASE_URL: postgresUrl }), process.env).ADMIN_DATABASE_URL;
