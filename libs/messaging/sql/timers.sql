-- Facts that follow from time alone: a session starts soon, or has not started. The service decides what they are and when to
-- examine a row next; the library makes sure that each is published once. :app is the role that the service logs in with.

-- When to examine an aggregate next, by the clock of this server; no row: never again.
create table timers (
  aggregate_id uuid not null,
  due_at       timestamptz not null,

  constraint timer_once primary key (aggregate_id)
);

create index timer_due on timers (due_at);

-- Triggers of the service insert them.
grant select, delete, update (due_at) on timers to :app;

-- What was published, written with its row in the outbox. Kept permanently.
create table timer_events (
  aggregate_id   uuid not null,
  type           text not null,
  offset_seconds integer not null, -- tells events of one type apart: a day and a quarter of an hour before the start
  due_at         timestamptz not null,
  message_id     uuid not null,
  written_at     timestamptz not null default clock_timestamp(),

  constraint timer_event_once primary key (aggregate_id, type, offset_seconds),
  constraint timer_event_message_once unique (message_id),
  constraint timer_event_is_not_early check (due_at <= written_at)
);

grant select, insert (aggregate_id, type, offset_seconds, due_at, message_id) on timer_events to :app;

grant select on timers, timer_events to :operator;

-- as in operators.sql, and the timer
create or replace function workers_pause(what text, act_by text, act_reason text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if what not in ('relay', 'timer', 'consumer') and not exists (select from workers where id::text = what) then
    raise exception 'neither a role that can be paused nor a worker: %', what using errcode = 'no_data_found';
  end if;
  insert into paused_workers (target, paused_by, reason) values (what, act_by, act_reason) on conflict do nothing;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'workers pause', act_reason, jsonb_build_object('target', what));
  perform pg_notify('operations', 'workers');
end $$;
