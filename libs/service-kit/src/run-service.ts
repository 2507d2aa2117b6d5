import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { createAdminServer, type Checks } from './admin.ts';
import { ConfigError } from './config.ts';
import type { Database } from './database.ts';
import { runUntilSignal, type Component } from './lifecycle.ts';
import type { serviceVariables } from './service-config.ts';
import { createTraceExport } from './trace-export.ts';

/** What a role consists of, in the order in which it starts, and what must hold for it to be ready. */
export type RoleParts = { readonly components: readonly Component[]; readonly checks: Checks };

type Assembly<Role extends string> = {
  readonly config: Pick<
    z.output<typeof serviceVariables>,
    'HOST' | 'ADMIN_PORT' | 'SHUTDOWN_DELAY' | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  >;
  readonly service: string;
  readonly running: readonly Role[];
  readonly parts: Readonly<Record<Role, () => RoleParts>>;
  readonly database: Database;
  /** Runs beside every role: starts before and stops after them. */
  readonly beside?: Component;
  readonly registry: Registry;
  readonly log: Logger;
};

/** The roles to run, with their admin listener, around one database. A process with an api is ready when its api is: it takes bookings while the broker is away. */
export const assembleService = <Role extends string>(assembly: Assembly<Role>) => {
  const { config, service, running, parts, database, beside, registry, log } = assembly;
  const built = running.map((role) => ({ role, ...parts[role]() }));
  const api = built.find(({ role }) => role === 'api');
  const checks: Checks = api?.checks ?? Object.fromEntries(built.flatMap((role) => Object.entries(role.checks)));
  const admin = createAdminServer({ host: config.HOST, port: config.ADMIN_PORT, checks, registry, log });
  const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = endpoint ? [createTraceExport({ endpoint, service, role: running.join('+'), log })] : [];
  // the api starts last and stops first, then the other roles from last to first: what one wrote the next still handles
  const inOrder = built.toSorted((a, b) => Number(a.role === 'api') - Number(b.role === 'api'));
  const components = inOrder.flatMap((role) => role.components);
  return {
    components: [closing, ...tracing, admin, ...(beside ? [beside] : []), ...components],
    log,
    shutdownDelayMs: config.SHUTDOWN_DELAY * 1_000,
  };
};

/** Builds a service for the roles named on the command line (none: all) and runs it; what is wrong with the configuration is said in plain lines. */
export const runService = async <Role extends string>(
  roles: readonly Role[],
  create: (running: readonly Role[]) => Parameters<typeof runUntilSignal>[0],
): Promise<void> => {
  let service: Parameters<typeof runUntilSignal>[0];
  try {
    service = create(rolesNamed(process.argv.slice(2), roles));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
  await runUntilSignal(service);
};

const rolesNamed = <Role extends string>(named: readonly string[], roles: readonly Role[]): readonly Role[] => {
  const unknown = named.filter((name) => !(roles as readonly string[]).includes(name));
  if (unknown.length > 0) throw new ConfigError(`unknown role ${unknown.join(', ')}; there are: ${roles.join(', ')}`);
  return named.length === 0 ? roles : roles.filter((role) => named.includes(role));
};
