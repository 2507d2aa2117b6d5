-- What was handled, and what could not be. :app is the role that the service logs in with.

create table inbox (
  message_id   uuid not null,
  queue        text not null,   -- two queues of one service may each handle the same message
  content_hash bytea not null,  -- SHA-256 of the content; the same id with other content is an error
  handled_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),

  primary key (message_id, queue)
);

grant select, insert on inbox to :app;

create table dead_letters (
  id              uuid primary key,
  message_id      text,            -- the AMQP messageId as received; null if there was none
  type            text,
  reason          text not null,
  queue           text not null,
  exchange        text not null,
  routing_key     text not null,
  body            bytea not null,  -- jsonb and text refuse NUL, binary and deep nesting
  properties      text not null,   -- JSON
  headers         text not null,   -- JSON
  attempts        integer not null,
  times_seen      integer not null default 1,
  last_error      text,
  fingerprint     bytea not null,  -- the same message again raises times_seen
  first_seen_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  last_seen_at    timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  tried_at        timestamptz,     -- delivery-limit only: it was handled once more, on its own, from here
  resolved_at     timestamptz,
  resolution      text,
  resolved_by     text,
  resolution_note text,

  -- Those of dead-letter-reasons.ts, and any for which a handler rejects a message. A service with a closed list replaces it.
  constraint dead_letter_reason_is_known check (reason <> ''),
  constraint dead_letter_resolution_is_known check (resolution in ('handled', 'replayed', 'discarded')),
  constraint dead_letter_resolved_with_resolution check ((resolved_at is null) = (resolution is null))
);

create unique index dead_letter_open_once on dead_letters (fingerprint) where resolved_at is null;
create index dead_letter_open on dead_letters (last_seen_at) where resolved_at is null;

-- its progress may change, its content may not
grant select, insert,
  update (attempts, times_seen, last_error, last_seen_at, tried_at, resolved_at, resolution, resolved_by, resolution_note)
  on dead_letters to :app;
