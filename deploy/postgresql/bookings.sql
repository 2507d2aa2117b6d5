-- Roles and database of bookings, for psql, as an administrator. Replace the passwords. The role names are fixed.
-- On a managed server without a superuser the do block and the statements after it fail: migrations warn about what
-- stays open; put the three settings into the server's configuration.
create role bookings_owner login password 'change-me-1';
create role bookings_app login password 'change-me-2';
create role bookings_operator login password 'change-me-7' connection limit 40;
create role bookings_retention login password 'change-me-10' connection limit 10;
create role reports login password 'change-me-8' connection limit 10;   -- one for both, where they are on one server
alter role reports set statement_timeout = '60s';
alter role reports set idle_in_transaction_session_timeout = '60s';
create database bookings owner bookings_owner encoding 'UTF8' template template0;
\connect bookings
revoke all on schema public from public;
revoke all on database bookings from public;
grant connect on database bookings to bookings_app, bookings_operator, bookings_retention, reports;
-- advisory locks for the service alone (its relays' lanes are such locks), large objects for no one
do $$ declare f regprocedure; begin
  for f in select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(pg_(try_)?advisory_|lo_|lo(read|write)$)' loop
    execute format('revoke execute on function %s from public', f);
    if f::text ~ 'advisory' then execute format('grant execute on function %s to bookings_owner, bookings_app', f); end if;
  end loop; end $$;
-- nothing of a row in the server's log: neither parameters nor `Failing row contains (…)`
alter database bookings set log_parameter_max_length = 0;
alter database bookings set log_parameter_max_length_on_error = 0;
alter database bookings set log_error_verbosity = 'terse';
