import { randomUUIDv7 } from 'node:crypto';
import { Registry } from 'prom-client';
import { createAdminServer, type Checks } from './admin.ts';
import { createAuthenticator } from './authentication.ts';
import { ConfigError } from './config.ts';
import { createDatabase, createDatabaseCheck, type Needs } from './database.ts';
import { createHttpApp, createHttpServer } from './http.ts';
import { runUntilSignal, type Component } from './lifecycle.ts';
import { createLogger, type Logger } from './log.ts';
import { countTransitions, type CountTransition } from './metrics.ts';
import type { ServiceConfig } from './service-config.ts';
import type { RoleParts, ServiceProcess } from './service-process.ts';
import { createTraceExport } from './trace-export.ts';
import type { HttpAppOptions } from './http/app.ts';
import type { Transition } from './transitions.ts';

const roles = ['api', 'relay', 'consumer', 'retention'] as const;
type Role = (typeof roles)[number];

type WorkerOptions = {
  readonly databaseUrl: string;
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Logger;
};

type Service<Config extends ServiceConfig, Worker extends Component, Action extends string> = {
  readonly name: string;
  readonly noun: string;
  readonly transitions: Readonly<Record<Action, Transition>>;
  readonly needs: Readonly<Record<Role, Needs>>;
  readonly worker: (options: WorkerOptions) => Worker;
  readonly api: (
    process: ServiceProcess<Config, Worker>,
    given: { readonly newId: () => string; readonly counting: CountTransition<Action> },
  ) => Pick<HttpAppOptions, 'routes' | 'openapi' | 'documents' | 'files' | 'links'>;
  readonly relay: (process: ServiceProcess<Config, Worker>) => RoleParts;
  readonly consumer: (process: ServiceProcess<Config, Worker>) => RoleParts;
  readonly retention: (process: ServiceProcess<Config, Worker>) => RoleParts;
};

type Runnable = Parameters<typeof runUntilSignal>[0];

/**
 * What is the same for every service: log, metrics, database, worker, HTTP and admin listeners, traces, and the order in
 * which they start and stop. Several roles may share a process; a process with an api is ready when its api is, because it
 * takes requests while the broker is away.
 */
export const defineService =
  <Config extends ServiceConfig, Worker extends Component, Action extends string>(
    service: Service<Config, Worker, Action>,
  ) =>
  (config: Config, named: readonly Role[]): Runnable => {
    const running = config.RETENTION_DATABASE_URL ? named : named.filter((role) => role !== 'retention');
    if (running.length === 0) throw new ConfigError('the role retention needs RETENTION_DATABASE_URL');
    const name = `${service.name}-${running.join('-')}`;
    const role = running.join('+');
    const log = createLogger({ service: service.name, role, level: config.LOG_LEVEL });
    const registry = new Registry();
    const { DATABASE_URL: url, DATABASE_POOL_MAX: poolMax } = config;
    const database = createDatabase({ url, applicationName: name, poolMax, registry, log });
    const worker = service.worker({ databaseUrl: url, roles: running, version: config.VERSION, log });

    const processOf = (role: Role): ServiceProcess<Config, Worker> => {
      const needs = { ...service.needs[role], mayLoseCommits: config.ALLOW_FSYNC_OFF };
      const databaseCheck = createDatabaseCheck(database, needs);
      return { name, config, log, registry, database, worker, needs, databaseCheck };
    };

    const api = (process: ServiceProcess<Config, Worker>): RoleParts => {
      const authenticator = createAuthenticator(config, { log });
      const { PUBLIC_URL: publicUrl, CORS_ORIGINS: corsOrigins = [] } = config;
      const counting = countTransitions(registry, service.noun, service.transitions);
      const app = createHttpApp({
        ...service.api(process, { newId: randomUUIDv7, counting }),
        authenticate: authenticator.authenticate,
        publicUrl,
        trustProxy: config.TRUST_PROXY,
        corsOrigins,
        corsHeaders: config.CORS_HEADERS,
        ratePerMinute: config.RATE_LIMIT_PER_MINUTE,
        registry,
        log,
      });
      const keepAliveMs = config.KEEP_ALIVE_TIMEOUT * 1_000;
      const { HOST: host, PORT: port } = config;
      const server = createHttpServer({ app, host, port, keepAliveMs, publicUrl, corsOrigins, log });
      return { components: [server], checks: { database: process.databaseCheck, keys: authenticator.hasKeys } };
    };

    const parts = { api, relay: service.relay, consumer: service.consumer, retention: service.retention };
    const built = running.map((role) => ({ role, ...parts[role](processOf(role)) }));
    const apiChecks = built.find(({ role }) => role === 'api')?.checks;
    const checks: Checks = apiChecks ?? Object.fromEntries(built.flatMap((one) => Object.entries(one.checks)));
    const admin = createAdminServer({ host: config.HOST, port: config.ADMIN_PORT, checks, registry, log });
    const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
    const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
    const tracing = endpoint ? [createTraceExport({ endpoint, service: service.name, role, log })] : [];
    // the api starts last and stops first, then the other roles from last to first: what one wrote the next still handles
    const inOrder = built.toSorted((a, b) => Number(a.role === 'api') - Number(b.role === 'api'));
    return {
      components: [closing, ...tracing, admin, worker, ...inOrder.flatMap(({ components }) => components)],
      log,
      shutdownDelayMs: config.SHUTDOWN_DELAY * 1_000,
    };
  };

/** Runs the roles that the command line names (none: all). What is wrong with the configuration is said in plain lines. */
export const runService = async <Config>(
  create: (config: Config, running: readonly Role[]) => Runnable,
  readConfig: () => Config,
): Promise<void> => {
  let service: Runnable;
  try {
    const running = rolesNamed(process.argv.slice(2));
    service = create(readConfig(), running);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
  await runUntilSignal(service);
};

const rolesNamed = (named: readonly string[]): readonly Role[] => {
  const unknown = named.filter((name) => !(roles as readonly string[]).includes(name));
  if (unknown.length > 0) throw new ConfigError(`unknown role ${unknown.join(', ')}; there are: ${roles.join(', ')}`);
  return named.length === 0 ? roles : roles.filter((role) => named.includes(role));
};
