-- The database of this example; run once, as its owner.
\set app notifications_app
\ir ../../../node_modules/@mentor-sessions/messaging/sql/inbox.sql

create table addresses (
  person_id uuid primary key, -- of a user, or of a mentor's profile
  email     text not null
);

grant select on addresses to notifications_app;
