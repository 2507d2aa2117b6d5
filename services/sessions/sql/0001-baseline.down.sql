-- Drops everything, with all rows.

drop table sessions, accepted_bookings, session_transitions, idempotency_keys;
drop function sessions_are_born, session_moves, sessions_by_status, idempotency_keys_forget;

\ir ../../../libs/messaging/sql/down.sql

revoke usage on schema public from sessions_app, sessions_operator, sessions_retention, reports;
