import { askBoth, type Databases, type Service } from './databases.ts';

export type Connections = {
  readonly service: Service;
  /** As the process calls itself: `bookings-relay`, `outbox wake-up`. */
  readonly application: string;
  /** Database role. */
  readonly login: string;
  readonly connections: number;
};

const connected = `select application_name as application, usename as login, count(*)::integer as connections
  from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and usename is not null
  group by 1, 2 order by 1, 2`;

/** Who is connected to which database. */
export const readConnections = (databases: Databases): Promise<Connections[]> =>
  askBoth(databases, async (db, service) =>
    (await db.query<Omit<Connections, 'service'>>(connected)).map((row) => ({ service, ...row })),
  );
