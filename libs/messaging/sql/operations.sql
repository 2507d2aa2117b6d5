-- How operators and workers talk to each other: replays, the list of workers, what is paused, and who did what and why.
-- What operators may read and do is in operators.sql. After outbox.sql and inbox.sql.

create table operator_actions (
  id       bigint generated always as identity,
  at       timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  operator text not null,                      -- the name that the operator gave
  login    text not null default session_user, -- the role that they logged in with
  action   text not null,
  reason   text not null,
  subject  jsonb not null,                     -- what it was done to

  constraint operator_action_once primary key (id),
  constraint operator_action_says_who check (operator ~ '\S'),
  constraint operator_action_says_why check (reason ~ '\S')
);

create table replays (
  id             bigint generated always as identity,
  dead_letter_id uuid not null,
  queue          text not null,
  requested_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  requested_by   text not null,
  reason         text not null,
  tries          integer not null default 0, -- counted before each: a message that crashes its process shows here
  finished_at    timestamptz,
  outcome        text,
  detail         text,                       -- of outcome dead: the new reason and its error

  constraint replay_once primary key (id),
  constraint replay_is_of_a_dead_letter foreign key (dead_letter_id) references dead_letters (id),
  constraint replay_outcome_is_known check (outcome in ('handled', 'duplicate', 'dead', 'withdrawn')),
  constraint replay_finished_with_outcome check ((finished_at is null) = (outcome is null))
);

create unique index replay_waits_once on replays (dead_letter_id) where finished_at is null;
create index replay_of_dead_letter on replays (dead_letter_id);
create index replay_waiting on replays (queue, id) where finished_at is null;

create table workers (
  id              uuid not null,
  roles           text[] not null,
  host            text not null,
  pid             integer not null,
  version         text not null,
  started_at      timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  seen_at         timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  stopped_at      timestamptz,
  in_flight       integer not null default 0,
  last_message_at timestamptz,
  paused          text[] not null default '{}', -- those of its roles that are paused

  constraint worker_once primary key (id)
);

create table paused_workers (
  target    text not null, -- a role, or the id of one worker
  paused_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  paused_by text not null,
  reason    text not null,

  constraint worker_paused_once primary key (target)
);

grant select, update (tries, finished_at, outcome, detail) on replays to :app;
grant select, insert, update on workers to :app;
grant select on paused_workers to :app;
