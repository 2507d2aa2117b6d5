\set app reviews_app
\ir ../sql/inbox.sql

create table reviews (session_id uuid, message_id uuid);
grant select, insert on reviews to reviews_app;
