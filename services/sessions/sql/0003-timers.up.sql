-- Events that follow from time alone: session.starting-soon, session.start-overdue, session.completion-overdue.
\set app sessions_app
\set operator sessions_operator

\ir ../../../libs/messaging/sql/timers.sql

-- A new session is examined at once: the service knows how long before its start there is something to publish.
create function sessions_get_timers() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.timers (aggregate_id, due_at) select id, created_at from born
    on conflict (aggregate_id) do update set due_at = excluded.due_at; -- of a session that was lost and is created again
  return null;
end $$;

-- A session that started after its last timer has one again.
create function session_timer_continues() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.timers (aggregate_id, due_at) values (new.id, new.started_at) on conflict do nothing;
  return null;
end $$;

revoke all on function sessions_get_timers(), session_timer_continues() from public;

create trigger sessions_get_timers after insert on sessions
  referencing new table as born for each statement execute function sessions_get_timers();

create trigger session_timer_continues after update on sessions
  for each row when (old.status = 'scheduled' and new.status = 'in_progress') execute function session_timer_continues();

insert into timers (aggregate_id, due_at) select id, now() from sessions where status <> 'completed';

-- For metrics and operators: sessions that ended within a day and were not started or completed, up to 500 each. Older ones
-- are history: nothing ends these states but people.
create index session_open_by_end on sessions (status, end_time) where status <> 'completed';

create function overdue(out kind text, out count float8, out oldest_age_seconds float8) returns setof record
language sql stable set search_path = pg_catalog, public, pg_temp as $$
  select 'start', count(*)::float8, coalesce(extract(epoch from now() - min(end_time)), 0)::float8 from (
    select end_time from sessions where status = 'scheduled' and end_time between now() - interval '1 day' and now()
    order by end_time limit 500) not_started
  union all
  -- the service knows how long it waits after the end: what it has published counts
  select 'completion', count(due_at)::float8, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from (
    select (select due_at from timer_events where aggregate_id = id and type = 'session.completion-overdue') as due_at
    from sessions where status = 'in_progress' and end_time between now() - interval '1 day' and now()
    order by end_time limit 500) not_completed
$$;

revoke all on function overdue() from public;
grant execute on function overdue() to sessions_app, sessions_operator;
