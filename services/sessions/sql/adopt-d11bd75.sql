-- Brings a database of commit d11bd75 to the baseline, with its rows. Runs instead of 0001-baseline.up.sql when the
-- catalogue is exactly that of d11bd75 (src/migrate.ts). To be removed after the first release.
\set app sessions_app
\set operator sessions_operator
\set retention sessions_retention

delete from migrations; -- the migrator then writes the baseline

\ir ../../../libs/messaging/sql/adopt-d11bd75.sql

alter table dead_letters drop constraint dead_letter_reason_is_known, add constraint dead_letter_reason_is_known check (reason in (
  'malformed', 'too-large', 'unknown-type', 'unknown-version', 'schema-violation', 'id-mismatch', 'content-mismatch',
  'forged-sender', 'handler-failed', 'delivery-limit', 'expired', 'queue-full', 'rejected', 'sent-to-dead-queue',
  'session-already-exists', 'session-id-taken'));

create index session_transition_by_time on session_transitions (at);

create function sessions_by_status(out status text, out count float8) returns setof record
language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
  if pg_relation_size('sessions') > 32 * 1024 * 1024 then
    return query
      select known.status, known.share * greatest(c.reltuples, 0)
      from pg_class c join pg_stats s on s.schemaname = 'public' and s.tablename = 'sessions' and s.attname = 'status',
        unnest(s.most_common_vals::text::text[], s.most_common_freqs::float8[]) as known(status, share)
      where c.oid = 'sessions'::regclass;
    if found then return; end if;
  end if;
  return query select s.status, pg_catalog.count(*)::float8 from sessions s group by s.status;
end $$;
revoke all on function sessions_by_status() from public;
grant execute on function sessions_by_status() to sessions_app, sessions_operator;

do $$ begin
  if (select datdba from pg_database where datname = current_database()) = current_user::regrole then
    execute format('grant connect on database %I to sessions_app, sessions_operator, sessions_retention, reports', current_database());
    execute format('revoke all on database %I from public', current_database());
  end if;
end $$;
