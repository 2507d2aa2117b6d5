import { createDatabase, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { Unavailable } from '@mentor-sessions/service-kit/errors';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { openOperatorBroker, type OperatorBroker } from '@mentor-sessions/messaging/operations';
import { readNotesBindings, type NotesBinding } from './bindings.ts';
import type { OpsConfig } from './config.ts';

export const services = ['bookings', 'sessions'] as const;
export type Service = (typeof services)[number];

/** Both databases, each as its `<service>_operator`. */
export type Databases = Readonly<Record<Service, Queryable>>;

/** Who acts and why, recorded permanently in `operator_actions`. Neither may be empty. */
export type Action = { readonly operator: string; readonly reason: string };

/** Uses the operator roles. Nothing is connected before it is used. */
export const connect = (config: OpsConfig, log: Logger) => {
  const open = (url: string) =>
    createDatabase({ url, applicationName: 'operator', poolMax: 4, mayBeReadOnly: true, log });
  const bookings = open(config.BOOKINGS_OPERATOR_DATABASE_URL);
  const sessions = open(config.SESSIONS_OPERATOR_DATABASE_URL);
  const { OPERATOR_AMQP_URL: amqpUrls, OPERATOR_MANAGEMENT_URL: managementUrl } = config;
  let broker: OperatorBroker | undefined;
  return {
    databases: { bookings: named('bookings', bookings), sessions: named('sessions', sessions) } satisfies Databases,
    /** Connects on the first call, and again after the connection was lost. Throws if the broker is unavailable. */
    broker: async () => (broker?.isOpen() ? broker : (broker = await openOperatorBroker(amqpUrls))),
    /** Bindings that route private notes to others than sessions; null: unknown without OPERATOR_MANAGEMENT_URL. */
    notesBindings: async (): Promise<readonly NotesBinding[] | null> =>
      managementUrl ? readNotesBindings(managementUrl, amqpUrls[0] ?? '') : null,
    close: async () => {
      await Promise.all([bookings.close(), sessions.close(), broker?.close()]);
    },
  };
};

export type Connections = ReturnType<typeof connect>;

/** Adds to errors which of the two databases is unavailable. */
const named = (service: Service, { query }: Database): Queryable => ({
  query: async (...args: Parameters<Queryable['query']>) => {
    try {
      return await query(...args);
    } catch (error) {
      if (error instanceof Unavailable) throw new Unavailable(`${service}: ${error.message}`, { cause: error.cause });
      throw error;
    }
  },
});

/** Queries both databases in parallel, or only one; each row says which service it is from, bookings first. */
export const queryBoth = async <Row extends object>(
  databases: Databases,
  query: (db: Queryable, service: Service) => Promise<readonly Row[]>,
  only?: Service,
): Promise<(Row & { service: Service })[]> => {
  const rowsOf = async (service: Service) =>
    (await query(databases[service], service)).map((row) => ({ service, ...row }));
  return (await Promise.all(services.filter((service) => (only ?? service) === service).map(rowsOf))).flat();
};

/** Reads rows of both databases, or only of one, with one statement. */
export const readBoth = <Row extends { readonly service: Service }>(
  databases: Databases,
  statement: string,
  values: readonly unknown[] = [],
  only?: Service,
): Promise<Row[]> => queryBoth<object>(databases, (db) => db.query(statement, values), only) as Promise<Row[]>;

type Item = { readonly service: Service; readonly id: string };

/** Runs `statement`, which takes ids, operator and reason, in the database of each item; returns its rows. */
export const actOn = <Row extends object>(
  databases: Databases,
  statement: string,
  items: readonly Item[],
  { operator, reason }: Action,
): Promise<(Row & { service: Service })[]> =>
  queryBoth(databases, async (db, service) => {
    const ids = items.filter((item) => item.service === service).map(({ id }) => id);
    return ids.length === 0 ? [] : db.query<Row>(statement, [ids, operator, reason]);
  });
