-- Operators' requests to publish an event again from the row that it reports. The service carries them out with the code
-- that made the event in the first place (docs/adr/0083). After outbox.sql.

create table emissions (
  id           bigint generated always as identity,
  aggregate_id uuid not null,
  type         text,                       -- null: every event that the row calls for
  again        boolean not null,           -- also those that the outbox has, or had
  requested_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  requested_by text not null,
  reason       text not null,
  finished_at  timestamptz,
  outcome      text,
  detail       text,                       -- what was emitted, or why nothing was

  constraint emission_once primary key (id),
  constraint emission_outcome_is_known check (outcome in ('emitted', 'refused', 'failed')),
  constraint emission_finished_with_outcome check ((finished_at is null) = (outcome is null))
);

create index emission_waiting on emissions (id) where finished_at is null;

-- answers at once whether an event of an aggregate waits
create index outbox_aggregate on outbox (aggregate_id);

grant select, update (finished_at, outcome, detail) on emissions to :app;
