import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { derivedPassword } from './derived-password.ts';
import { connectionLimits, reportsSettings, restrictions } from './restrictions.ts';

export type ServiceDatabase = {
  /** As `<service>_app`, which owns nothing. */
  readonly databaseUrl: string;
  /** As `<service>_owner`, who runs the migrations. */
  readonly adminDatabaseUrl: string;
  /** As `<service>_operator`, who reads how things are and acts on what went wrong. */
  readonly operatorDatabaseUrl: string;
  /** As `reports`, who may read what reports are made of. */
  readonly reportsDatabaseUrl: string;
  /** As `<service>_retention`, who removes what is old. */
  readonly retentionDatabaseUrl: string;
};
export type DatabaseOptions = {
  /** Name of the database to copy; default: an empty one. */
  readonly template?: string | undefined;
  /** Default: the service's name and a random suffix. */
  readonly name?: string | undefined;
  /** Whether one that is there already will do; its roles get their passwords anew. */
  readonly mayExist?: boolean;
};

const as = (adminUrl: string, database: string, user?: string): string => {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (!user) return url.href;
  url.username = user;
  url.password = derivedPassword(adminUrl, user);
  return url.href;
};

export const databaseName = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const { escapeIdentifier: name, escapeLiteral: literal } = pg;

/** Roles belong to the whole server: other runs may be making them at the same moment, so one after the other. */
const ensureRoles = (adminUrl: string, roles: readonly string[]): Promise<void> =>
  withClient(adminUrl, async (client) => {
    await client.query('begin');
    await client.query("select pg_advisory_xact_lock(hashtext('mentor-sessions roles'))");
    for (const role of roles) {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
      const verb = rowCount ? 'alter' : 'create';
      const password = literal(derivedPassword(adminUrl, role));
      const limit = connectionLimits[role.split('_').at(-1) ?? ''] ?? -1;
      await client.query(`${verb} role ${name(role)} login password ${password} connection limit ${limit}`);
      // An administrator who is no superuser may give a database only to roles that it belongs to.
      await client.query(`do $$ begin
        if not (select rolsuper from pg_roles where rolname = current_user) then
          execute format('grant %I to %I', ${literal(role)}, current_user);
        end if; end $$`);
    }
    for (const statement of reportsSettings) await client.query(statement);
    await client.query('commit');
  });

type Names = {
  readonly database: string;
  readonly owner: string;
  readonly app: string;
  readonly others: readonly string[];
};

type Roles = [owner: string, app: string, operator: string, retention: string];

const reports = 'reports';

const isSuperuser = async (client: pg.Client): Promise<boolean> =>
  (await client.query<{ rolsuper: boolean }>('select rolsuper from pg_roles where rolname = current_user')).rows[0]
    ?.rolsuper ?? false;

/** An administrator who is no superuser (a managed server) can do the first two only. */
const restrict = async (adminUrl: string, names: Names): Promise<void> => {
  const { database, owner, app, others } = names;
  const quoted = { database: name(database), owner: name(owner), app: name(app), others: others.map(name) };
  const [revoke = '', grant = '', ...bySuperuser] = restrictions(quoted);
  await withClient(as(adminUrl, database), async (client) => {
    await client.query(revoke);
    await client.query(grant);
    if (await isSuperuser(client)) for (const statement of bySuperuser) await client.query(statement);
  });
  await withClient(as(adminUrl, database, owner), async (client) => {
    await client.query('revoke all on schema public from public');
    await client.query(`grant usage on schema public to ${[quoted.app, ...quoted.others].join(', ')}`);
  });
};

const isInUse = (error: unknown): boolean => (error as { code?: string }).code === '55006';
const exists = (error: unknown): boolean => (error as { code?: string }).code === '42P04';

const createFrom = async (client: pg.Client, template: string, { database, owner }: Names): Promise<void> => {
  const statement = `create database ${name(database)} owner ${name(owner)} template ${name(template)}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(statement);
      return;
    } catch (error) {
      // Somebody's connection to the template has not quite ended yet.
      if (attempt === 20 || !isInUse(error)) throw error;
      await client.query('select pg_sleep(0.1)');
    }
  }
};

/** A database of `<service>_owner` into which the public may not; its other users may connect and have no right beyond what migrations grant. */
export const createDatabase = async (
  adminUrl: string,
  service: string,
  { template, name: database = `${service}_${randomBytes(5).toString('hex')}`, mayExist = false }: DatabaseOptions = {},
): Promise<ServiceDatabase> => {
  const roles = ['owner', 'app', 'operator', 'retention'].map((role) => `${service}_${role}`) as Roles;
  const [owner, app, operator, retention] = roles;
  const names = { database, owner, app, others: [operator, retention, reports] };
  await ensureRoles(adminUrl, [...roles, reports]);
  await withClient(adminUrl, (client) => createFrom(client, template ?? 'template1', names)).catch((error: unknown) => {
    if (!mayExist || !exists(error)) throw error;
  });
  await restrict(adminUrl, names);
  return {
    databaseUrl: as(adminUrl, database, app),
    adminDatabaseUrl: as(adminUrl, database, owner),
    operatorDatabaseUrl: as(adminUrl, database, operator),
    reportsDatabaseUrl: as(adminUrl, database, reports),
    retentionDatabaseUrl: as(adminUrl, database, retention),
  };
};

/** Drops them whoever is still connected. */
export const dropDatabases = (adminUrl: string, names: readonly string[]): Promise<void> =>
  withClient(adminUrl, async (client) => {
    for (const database of names) await client.query(`drop database if exists ${name(database)} with (force)`);
  });
