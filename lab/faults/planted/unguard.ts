/** Removes the constraints that a booking has one session. */
export const withoutTheLastInbox: readonly string[] = [
  'alter table sessions drop constraint session_is_as_its_booking',
  'alter table sessions drop constraint session_one_per_booking, drop constraint session_once',
  `alter table accepted_bookings drop constraint accepted_booking_as_sessions_refer_to_it,
     drop constraint accepted_booking_once, drop constraint accepted_booking_session_once,
     drop constraint accepted_booking_message_once`,
  'alter table session_transitions drop constraint session_transition_follows_another',
  'alter table session_transitions drop constraint session_reaches_a_status_once',
];

/** The trigger writes the audit and allows everything. */
export const withoutTheLifecycle: readonly string[] = [
  'alter table session_transitions drop constraint session_transition_follows_another',
  'alter table session_transitions drop constraint session_reaches_a_status_once',
  `create or replace function session_moves() returns trigger
   language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     insert into public.session_transitions (session_id, from_status, to_status, actor_user_id, at)
       values (new.id, old.status, new.status,
         case new.status when 'completed' then new.completed_by else new.started_by end, clock_timestamp());
     return null;
   end $$`,
];

export const withoutTheMentorOnlyRule: readonly string[] = [
  'alter table sessions drop constraint session_not_completed_by_its_mentee',
];
