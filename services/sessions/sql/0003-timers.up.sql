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
