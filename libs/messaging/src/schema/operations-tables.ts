/** Where workers listen for what operators want of them. */
export const OPERATIONS_CHANNEL = 'operations';

export const nowMs = `date_trunc('milliseconds', clock_timestamp())`;

const actions = `
create table operator_actions (
  id       bigint generated always as identity,
  at       timestamptz not null default ${nowMs},
  operator text not null,                      -- who, as they called themselves
  login    text not null default session_user, -- and as the database knows them
  action   text not null,
  reason   text not null,
  subject  jsonb not null,                     -- on what
  constraint operator_action_once primary key (id),
  constraint operator_action_says_who check (operator ~ '\\S'),
  constraint operator_action_says_why check (reason ~ '\\S')
)`;

const replays = `
create table replays (
  id             bigint generated always as identity,
  dead_letter_id uuid not null,
  queue          text not null,
  requested_at   timestamptz not null default ${nowMs},
  requested_by   text not null,
  reason         text not null,
  tries          integer not null default 0, -- counted before each: a message that ends its process shows here
  finished_at    timestamptz,
  outcome        text,
  detail         text,                       -- dead: the new reason, and what was said of it
  constraint replay_once primary key (id),
  constraint replay_is_of_a_dead_letter foreign key (dead_letter_id) references dead_letters (id),
  constraint replay_outcome_is_known check (outcome in ('handled', 'duplicate', 'dead', 'withdrawn')),
  constraint replay_finished_with_outcome check ((finished_at is null) = (outcome is null))
);
create unique index replay_waits_once on replays (dead_letter_id) where finished_at is null;
create index replay_of_dead_letter on replays (dead_letter_id);
create index replay_waiting on replays (queue, id) where finished_at is null`;

const workers = `
create table workers (
  id              uuid not null,
  roles           text[] not null,
  host            text not null,
  pid             integer not null,
  version         text not null,
  started_at      timestamptz not null default ${nowMs},
  seen_at         timestamptz not null default ${nowMs},
  stopped_at      timestamptz,
  in_flight       integer not null default 0,
  last_message_at timestamptz,
  paused          text[] not null default '{}', -- of its roles, those that stand still
  constraint worker_once primary key (id)
);
create table paused_workers (
  target    text not null, -- a role, or the id of one worker
  paused_at timestamptz not null default ${nowMs},
  paused_by text not null,
  reason    text not null,
  constraint worker_paused_once primary key (target)
)`;

export const operationsTables = [actions, replays, workers];

export const operationsTablesDown = ['paused_workers', 'workers', 'replays', 'operator_actions'].map(
  (table) => `drop table ${table}`,
);
