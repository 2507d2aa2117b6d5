import { createHash, randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { retry } from './eventually.ts';
import { repository } from './launch.ts';

/**
 * Password of a role or user that we make on a server: a hash of the administrator's own: secret, and the
 * same for two runs that share a server.
 */
export const derivedPassword = (adminUrl: string, user: string): string =>
  createHash('sha256')
    .update(`${new URL(adminUrl).password}:${user}`)
    .digest('base64url')
    .slice(0, 32);

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Runs one statement on a connection of its own and returns the rows. */
export const query = <Row extends object = Record<string, unknown>>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> => withClient(url, async (client) => (await client.query<Row>(text, [...values])).rows);

type Logins = {
  readonly database: string;
  readonly owner: string;
  readonly app: string;
  readonly others: readonly string[];
};

/** Connections of each login that is not the service's own: a stolen one cannot use up the server. */
export const connectionLimits: Readonly<Record<string, number>> = { operator: 40, retention: 10, reports: 10 };

/** `reports` runs statements that people write: none may block a migration for long. */
export const reportsSettings: readonly string[] = [
  `alter role reports set statement_timeout = '60s'`,
  `alter role reports set idle_in_transaction_session_timeout = '60s'`,
];

/**
 * What a superuser takes from everyone in a service's database, as docs/for-operators.md and deploy/kubernetes say it too:
 * no connection and no temporary tables for PUBLIC, no large objects for anyone, advisory locks for the service alone (its
 * relays' lanes are such locks), and nothing of a row in the server's log.
 */
export const restrictions = ({ database, owner, app, others }: Logins): readonly string[] => [
  `revoke all on database ${database} from public`,
  `grant connect on database ${database} to ${[app, ...others].join(', ')}`,
  `do $$ declare f regprocedure; begin
  for f in select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(pg_(try_)?advisory_|lo_|lo(read|write)$)' loop
    execute format('revoke execute on function %s from public', f);
    if f::text ~ 'advisory' then execute format('grant execute on function %s to ${owner}, ${app}', f); end if;
  end loop; end $$`,
  `alter database ${database} set log_parameter_max_length = 0`,
  `alter database ${database} set log_parameter_max_length_on_error = 0`,
  `alter database ${database} set log_error_verbosity = 'terse'`,
];

export type DatabaseOptions = {
  /** Name of a database of this service to copy; default: an empty one. */
  readonly template?: string | undefined;
  /** Default: the service's name and a random suffix. */
  readonly name?: string | undefined;
  /** Whether one that is there already will do; its roles get their passwords again. */
  readonly mayExist?: boolean;
};

const as = (adminUrl: string, database: string, user?: string): string => {
  const login = user && { username: user, password: derivedPassword(adminUrl, user) };
  return Object.assign(new URL(adminUrl), { pathname: `/${database}` }, login).href;
};

export const databaseName = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

const { escapeIdentifier: name, escapeLiteral: literal } = pg;

/** Roles belong to the whole server, and other runs may be creating them at the same moment: one run at a time. */
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
      // An administrator who is not a superuser can give a database only to roles of which it is a member.
      await client.query(`do $$ begin
        if not (select rolsuper from pg_roles where rolname = current_user) then
          execute format('grant %I to %I', ${literal(role)}, current_user);
        end if; end $$`);
    }
    for (const statement of reportsSettings) await client.query(statement);
    await client.query('commit');
  });

/** An administrator who is not a superuser (on a managed server) can run the first two only. */
const restrict = async (adminUrl: string, names: Logins): Promise<void> => {
  const { database, owner, app, others } = names;
  const quoted = { database: name(database), owner: name(owner), app: name(app), others: others.map(name) };
  const [revoke = '', grant = '', ...bySuperuser] = restrictions(quoted);
  await withClient(as(adminUrl, database), async (client) => {
    await client.query(revoke);
    await client.query(grant);
    const { rowCount } = await client.query('select from pg_roles where rolname = current_user and rolsuper');
    if (rowCount) for (const statement of bySuperuser) await client.query(statement);
  });
  await withClient(as(adminUrl, database, owner), async (client) => {
    await client.query('revoke all on schema public from public');
    await client.query(`grant usage on schema public to ${[quoted.app, ...quoted.others].join(', ')}`);
  });
};

const isInUse = (error: unknown): boolean => (error as { code?: string }).code === '55006';
const exists = (error: unknown): boolean => (error as { code?: string }).code === '42P04';

/** A database of `<service>_owner`, closed to PUBLIC; its other users may connect and have only what migrations grant. */
export const createDatabase = async (
  adminUrl: string,
  service: string,
  { template, name: database = `${service}_${randomBytes(5).toString('hex')}`, mayExist = false }: DatabaseOptions = {},
) => {
  const role = (name: string): string => `${service}_${name}`;
  const [owner, app, operator, retention] = [role('owner'), role('app'), role('operator'), role('retention')];
  const others = [operator, retention, 'reports'];
  if (!template) await ensureRoles(adminUrl, [owner, app, ...others]); // else they are there
  const statement = `create database ${name(database)} owner ${name(owner)} template ${name(template ?? 'template1')}`;
  // another run's connection to the template may not have ended yet
  const creating = retry(() => query(adminUrl, statement), { tries: 20, if: isInUse, pauseMs: 10 });
  await creating.catch((error: unknown) => {
    if (!mayExist || !exists(error)) throw error;
  });
  await restrict(adminUrl, { database, owner, app, others });
  return {
    /** As `<service>_app`, which owns nothing. */
    databaseUrl: as(adminUrl, database, app),
    /** As `<service>_owner`, which runs the migrations. */
    adminDatabaseUrl: as(adminUrl, database, owner),
    operatorDatabaseUrl: as(adminUrl, database, operator),
    reportsDatabaseUrl: as(adminUrl, database, 'reports'),
    retentionDatabaseUrl: as(adminUrl, database, retention),
  };
};

export type ServiceDatabase = Awaited<ReturnType<typeof createDatabase>>;

/** Also ends the connections to them. */
export const dropDatabases = async (adminUrl: string, names: readonly string[]): Promise<void> => {
  for (const database of names) await query(adminUrl, `drop database if exists ${name(database)} with (force)`);
};

/** Both return the names of the migrations that were run. */
export type Migrations = {
  migrateUp(adminDatabaseUrl: string): Promise<string[]>;
  migrateDown(adminDatabaseUrl: string, count: number, options?: { readonly dropData?: boolean }): Promise<string[]>;
};

/** The migrations of services/<service>. Imported by path: this library depends on no service. */
export const loadMigrations = async (service: string): Promise<Migrations> =>
  (await import(pathToFileURL(`${repository}services/${service}/src/migrate.ts`).href)) as Migrations;
