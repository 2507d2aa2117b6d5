-- The database of this example; run once, as its owner.
\set app reviews_app
\ir ../../../node_modules/@mentor-sessions/messaging/sql/inbox.sql

create table unlocked_reviews (
  session_id        uuid primary key, -- one review for each session
  mentee_user_id    uuid not null,
  mentor_profile_id uuid not null,
  unlocked_at       timestamptz not null
);

grant select, insert on unlocked_reviews to reviews_app;
