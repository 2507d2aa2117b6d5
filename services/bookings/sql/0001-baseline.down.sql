-- Drops everything, with all rows.

drop table bookings, booking_transitions, booking_sessions, awaited_sessions, idempotency_keys;
drop function booking_is_born, booking_moves, session_is_awaited, booking_sessions_are_told, booking_session_moves,
  awaited_sessions_remind, idempotency_keys_forget;

\ir ../../../libs/messaging/sql/down.sql

-- an extension that an administrator created is not ours to drop
do $$ begin
  if exists (select from pg_extension where extname = 'btree_gist' and extowner = current_user::regrole) then
    drop extension btree_gist;
  end if;
end $$;

revoke usage on schema public from bookings_app, bookings_operator, bookings_retention, reports;
