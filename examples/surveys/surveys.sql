-- Run once, as the owner: psql "$ADMIN_DATABASE_URL" -1 -f surveys.sql
\set app surveys_app
\ir ../../libs/messaging/sql/outbox.sql
\ir ../../libs/messaging/sql/outbox-functions.sql
\ir ../../libs/messaging/sql/inbox.sql

create table surveys (session_id uuid primary key, mentee_user_id uuid not null, created_at timestamptz not null);
grant select, insert on surveys to surveys_app;
