-- A list of what overlaps a period reads two index ranges: sessions of up to a day that start at most a day before the period,
-- and all longer ones (libs/service-kit/src/keyset.ts). There are few of these.
create index session_long_by_mentor on sessions (mentor_profile_id, start_time, id, status)
  where end_time - start_time > interval '24 hours';
create index session_long_by_mentee on sessions (mentee_user_id, start_time, id, status)
  where end_time - start_time > interval '24 hours';
