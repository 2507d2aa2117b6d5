import pg from 'pg';

/** The limits of one kind of connection (ms; 0 = none). */
export type SessionLimits = {
  readonly statementTimeoutMs?: number | undefined;
  readonly lockTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  /** Where the tables are; never the setting of the role or database. */
  readonly searchPath?: string | undefined;
};

/**
 * Settings that change what statements mean, what the driver reads, or how long the server waits. `ALTER DATABASE`,
 * `ALTER ROLE`, `postgresql.conf` and a pooler may have set any of them to anything.
 */
const meaning: Readonly<Record<string, string>> = {
  // values as text, both ways
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  xmlbinary: 'base64',
  // how a text of SQL is read
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  row_security: 'on',
  check_function_bodies: 'on',
  // transactions; `default_transaction_read_only` is missing on purpose: it is how a DBA fences a database
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  exit_on_error: 'off',
  // a commit whose wait for the standby was cancelled reports it in a warning
  client_min_messages: 'warning',
  // a listener and a relay that waits for confirms have limits of their own
  idle_session_timeout: '0',
  transaction_timeout: '0',
};

/** Reset to PostgreSQL's defaults: the hot statements were measured, and their plans are tested, with these. */
const planning = [
  'constraint_exclusion',
  'cursor_tuple_fraction',
  'debug_parallel_query',
  'force_parallel_mode',
  'from_collapse_limit',
  'geqo',
  'join_collapse_limit',
  'plan_cache_mode',
];

/** One scan of pg_settings, which lists what this version of PostgreSQL knows: name, setting in force, wanted setting. */
const wantedBy = ({ statementTimeoutMs, lockTimeoutMs = 3_000, ...limits }: SessionLimits): string => {
  const fixed = {
    ...meaning,
    jit: 'off', // compiling costs more than any statement of ours takes
    // a plan made while a table is small would read it from end to end, and is kept when the table has grown
    enable_seqscan: 'off',
    search_path: limits.searchPath ?? 'public, pg_temp', // last: no temporary table can stand before one of ours
    statement_timeout: String(statementTimeoutMs),
    lock_timeout: String(lockTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.idleInTransactionTimeoutMs ?? 10_000),
  };
  const rows = Object.entries(fixed).map(
    ([name, setting]) => `(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(setting)})`,
  );
  return `select s.name, s.setting, coalesce(w.setting, s.boot_val) as wanted from pg_settings s
    left join (values ${rows.join(', ')}) as w (name, setting) on w.name = s.name
    where s.context = 'user'
      and (w.name is not null or s.name like 'enable\\_%' or s.name in (${planning.map(pg.escapeLiteral).join(', ')}))`;
};

/** The second of the two results is one row of these. Numbers that may be large come as text. */
export type SessionFacts = {
  readonly pid: number;
  readonly backendStart: string;
  readonly postmasterStart: string;
  readonly statisticsReset: string;
  /** As `pg_settings` names them; `wanted` and `setting` differ. */
  readonly wrong: readonly { readonly name: string; readonly wanted: string; readonly setting: string }[];
  readonly synchronousCommit: string;
  readonly replicationRole: string;
  readonly serverEncoding: string;
  readonly serverVersion: string;
  readonly serverVersionNumber: number;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
};

/**
 * One text for one round trip: sets everything, then reads what is in force. By SET and not in the start-up packet,
 * which PgBouncer refuses or ignores. The first statement is there because the server's own timeout may be too short
 * for the others.
 */
export const sessionText = ({ statementTimeoutMs = 5_000, ...limits }: SessionLimits): string => {
  const wanted = wantedBy({ statementTimeoutMs, ...limits });
  return `
  set statement_timeout = ${statementTimeoutMs};
  select set_config(name, wanted, false) from (${wanted}) s where setting is distinct from wanted
  union all select set_config('synchronous_commit', 'on', false)
    where current_setting('synchronous_commit') in ('off', 'local', 'remote_write');
  select pg_backend_pid() as pid,
    (select to_char(backend_start at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
       from pg_stat_get_activity(pg_backend_pid())) as "backendStart",
    to_char(pg_postmaster_start_time() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "postmasterStart",
    (select coalesce(stats_reset::text, '') from pg_stat_wal) as "statisticsReset",
    (select coalesce(json_agg(s), '[]') from (${wanted}) s where setting is distinct from wanted) as wrong,
    current_setting('synchronous_commit') as "synchronousCommit",
    current_setting('session_replication_role') as "replicationRole",
    current_setting('server_encoding') as "serverEncoding",
    current_setting('server_version') as "serverVersion",
    current_setting('server_version_num')::int as "serverVersionNumber",
    pg_is_in_recovery() as "isStandby",
    current_setting('default_transaction_read_only')::bool as "isReadOnly"`;
};
