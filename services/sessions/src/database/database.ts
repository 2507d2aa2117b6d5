import { MikroORM } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import { createAnnouncer, type Announcer } from '@mentor-sessions/messaging';
import { ormPool, type Database } from '@mentor-sessions/service-kit/database';
import { ormConfig } from './orm.config.ts';

/** One pool for the explicit statements and for the ORM. */
export type SessionsDatabase = Database & { readonly orm: MikroORM; readonly announce: Announcer };

export const sessionsDatabase = (database: Database, url: string): SessionsDatabase => ({
  ...database,
  orm: new MikroORM({
    ...ormConfig(url),
    driverOptions: new PostgresDialect({ pool: ormPool(database.pool) }),
  }),
  announce: createAnnouncer(database),
});
