type Logins = {
  readonly database: string;
  readonly owner: string;
  readonly app: string;
  readonly others: readonly string[];
};

/** How many connections a login may hold that is not the service's own: a stolen one cannot use up the server. */
export const connectionLimits: Readonly<Record<string, number>> = { operator: 40, retention: 10, reports: 10 };

/** `reports` runs statements that people write: none of them may hold up a migration for long. */
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
