import { asOwner } from './migrations.ts';

const doors = `
select array_remove(array[
  case when has_database_privilege('public', current_database(), 'CONNECT') then
    'any login of the server may connect to this database: revoke connect on database ' || quote_ident(current_database()) || ' from public' end,
  case when has_database_privilege('public', current_database(), 'TEMPORARY') then
    'any login may fill the disk with temporary tables: revoke temporary on database ' || quote_ident(current_database()) || ' from public' end,
  case when has_function_privilege('public', 'pg_advisory_lock(integer, integer)', 'EXECUTE') then
    'any login may take the advisory locks that relays use: revoke execute on pg_advisory_lock and related functions from public' end,
  case when has_function_privilege('public', 'lo_from_bytea(oid, bytea)', 'EXECUTE') then
    'any login may store large objects: revoke execute on lo_from_bytea and related functions from public' end,
  case when current_setting('log_error_verbosity') <> 'terse' then
    'the server may log rows with private data (Failing row contains): set log_error_verbosity = terse' end,
  case when current_setting('log_parameter_max_length') <> '0' then
    'the server may log parameters with private data: set log_parameter_max_length = 0' end
], null) as open`;

/** What docs/for-operators.md asks to close and is open in this database: a sentence each, with what to do. */
export const openDoors = (adminDatabaseUrl: string): Promise<readonly string[]> =>
  asOwner(adminDatabaseUrl, async (owner) => (await owner.query<{ open: string[] }>(doors)).rows[0]?.open ?? []);
