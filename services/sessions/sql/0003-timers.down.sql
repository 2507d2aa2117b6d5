drop function overdue;
drop index session_open_by_end;
drop trigger session_timer_continues on sessions;
drop trigger sessions_get_timers on sessions;
drop function sessions_get_timers, session_timer_continues;
drop table timer_events, timers;

-- workers_pause as it was
\set operator sessions_operator
\ir ../../../libs/messaging/sql/operators.sql
