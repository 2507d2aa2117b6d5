-- The database of this example; run once, as its owner.
\set app webhooks_app
\ir ../../../node_modules/@mentor-sessions/messaging/sql/inbox.sql

create table webhook_endpoints (
  id      uuid primary key default gen_random_uuid(),
  url     text not null,
  secret  text not null,
  gone_at timestamptz -- it answered 410: nothing is sent any more
);

-- due_at set: waits; delivered_at set: delivered; neither: given up, with its last outcome
create table webhook_deliveries (
  message_id   uuid not null,
  endpoint_id  uuid not null references webhook_endpoints,
  body         text not null,
  attempts     integer not null default 0,
  due_at       timestamptz default now(),
  delivered_at timestamptz,
  outcome      text,

  primary key (message_id, endpoint_id)
);

create index webhook_deliveries_due on webhook_deliveries (due_at) where due_at is not null;

grant select, insert, update on webhook_endpoints, webhook_deliveries to webhooks_app;
