import type { Database } from '@mentor-sessions/service-kit/database';
import type { Names } from '../outcome.ts';
import type { Accepted } from './messages.ts';

const rows = {
  name: 'rows-of-messages',
  text: `select
      (select jsonb_agg(to_jsonb(i) - 'content_hash' order by array_position($1, message_id))
        from inbox i where message_id = any($1)) as inbox,
      (select jsonb_agg(to_jsonb(a) - 'content_hash' order by array_position($2, booking_id))
        from accepted_bookings a where booking_id = any($2)) as accepted,
      (select jsonb_agg(to_jsonb(s) order by array_position($2, booking_id))
        from sessions s where booking_id = any($2)) as sessions,
      (select jsonb_agg(to_jsonb(t) order by array_position($3, session_id), from_status nulls first, to_status)
        from session_transitions t where session_id = any($3)) as audit,
      (select jsonb_agg(to_jsonb(o) - 'position' - 'lane' order by array_position($3, aggregate_id), position)
        from outbox o where aggregate_id = any($3)) as outbox,
      (select bool_and((envelope->'data'->>'startedAt')::timestamptz = s.started_at
          and coalesce((envelope->'data'->>'completedAt')::timestamptz = s.completed_at, type = 'session.started'))
        from outbox o join sessions s on s.id = o.aggregate_id
        where s.id = any($3) and type <> 'session.scheduled') as told_as_done,
      (select jsonb_agg(to_jsonb(d) - 'body' - 'fingerprint' - 'id'
          order by array_position($1, message_id::uuid), reason, resolution nulls last)
        from dead_letters d where message_id = any($1::text[])) as dead_letters`,
};

/** Everything that the sessions service may write for these messages. */
export const rowsOf = (database: Database, all: readonly Accepted[]): Promise<unknown> =>
  database.query(rows, [
    distinct(all.map(({ id }) => id)),
    distinct(all.map(({ data }) => data.bookingId)),
    distinct(all.map(({ data }) => data.sessionId)),
  ]);

export const namesOf = (all: readonly Accepted[]): Names =>
  Object.fromEntries(
    all.flatMap(({ id, data }, n) => [
      [`message ${n}`, id],
      [`booking of ${n}`, data.bookingId],
      [`session of ${n}`, data.sessionId],
      [`mentor of ${n}`, data.acceptedBy],
      [`mentee of ${n}`, data.menteeUserId],
    ]),
  );

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];
