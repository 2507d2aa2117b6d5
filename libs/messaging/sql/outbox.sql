-- The transactional outbox: events are written here in the transaction of the change that they report. A relay publishes
-- them and moves them to outbox_published. :app is the role that the service logs in with.

create table outbox (
  position     bigint generated always as identity, -- order of insertion; transactions commit in any order, so never read "position > last" as "new"
  message_id   uuid not null,                       -- AMQP messageId and inbox key; never changes
  aggregate_id uuid not null,
  sequence     integer not null,                    -- the aggregate's version: its events are published in this order
  type         text not null,                       -- routing key
  lane         smallint not null,                   -- hash of aggregate_id: all events of one aggregate wait in one lane
  envelope     json not null,                       -- the bytes to publish; json keeps them as they are, jsonb would reorder keys
  attempts     integer not null default 0,
  parked_at    timestamptz,                         -- set when the broker refuses this row; only its own aggregate waits for it
  last_error   text,
  created_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  retry_at     timestamptz,                         -- when relays retry a parked row; null: only when an operator unparks it

  primary key (lane, position),
  constraint outbox_message_once unique (message_id),
  constraint outbox_lane_exists check (lane between 0 and 15)
);

create index outbox_parked on outbox (aggregate_id, position) where parked_at is not null;

-- by type, so that many parked rows of one type do not delay the retries of another
create index outbox_retry on outbox (type, retry_at) where retry_at is not null;

grant select, insert, delete, update (attempts, parked_at, last_error, retry_at) on outbox to :app;
grant select on sequence outbox_position_seq to :app;

-- Partitioned by day, so that retention drops partitions instead of deleting rows.
create table outbox_published (
  position     bigint not null,
  message_id   uuid not null,
  aggregate_id uuid not null,
  sequence     integer not null,
  type         text not null,
  lane         smallint not null,
  envelope     json not null,
  created_at   timestamptz not null,
  published_at timestamptz not null
) partition by range (published_at);

create index outbox_published_aggregate on outbox_published (aggregate_id);

-- keeps publishing possible on a day whose partition is missing
create table outbox_published_default partition of outbox_published default;

grant select, insert on outbox_published to :app;
