import { createDatabase, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { Unavailable } from '@mentor-sessions/service-kit/errors';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { openOperatorBroker, type OperatorBroker } from '@mentor-sessions/messaging/operations';
import { readNotesBindings, type NotesBinding } from './bindings.ts';
import type { Databases, Service } from './databases.ts';
import type { OpsConfig } from './config.ts';

export type Connections = {
  readonly databases: Databases;
  /** Connects at the first call, and again when the connection was lost. Throws when the broker cannot be reached. */
  broker(): Promise<OperatorBroker>;
  /** Those that carry notes to others; null: unknown without OPERATOR_MANAGEMENT_URL. */
  notesBindings(): Promise<readonly NotesBinding[] | null>;
  close(): Promise<void>;
};

/** As the operator roles; nothing is connected before it is used. */
export const connect = (config: Omit<OpsConfig, 'operator'>, log: Logger): Connections => {
  const open = (url: string) =>
    createDatabase({ url, applicationName: 'operator', poolMax: 4, mayBeReadOnly: true, log });
  const [bookings, sessions] = [open(config.databaseUrls.bookings), open(config.databaseUrls.sessions)];
  let broker: OperatorBroker | undefined;
  return {
    databases: { bookings: named('bookings', bookings), sessions: named('sessions', sessions) },
    broker: async () => (broker?.isOpen() ? broker : (broker = await openOperatorBroker(config.amqpUrls))),
    notesBindings: async () =>
      config.managementUrl ? readNotesBindings(config.managementUrl, config.amqpUrls[0] ?? '') : null,
    close: async () => {
      await Promise.all([bookings.close(), sessions.close(), broker?.close()]);
    },
  };
};

/** Says which of the two is away. */
const named = (service: Service, { query }: Database): Queryable => ({
  query: async (...asked: Parameters<Queryable['query']>) => {
    try {
      return await query(...asked);
    } catch (error) {
      if (error instanceof Unavailable) throw new Unavailable(`${service}: ${error.message}`, { cause: error.cause });
      throw error;
    }
  },
});
