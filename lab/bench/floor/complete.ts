/**
 * The least code for `PATCH /sessions/{id}/complete` with the same guarantee: token verified, ownership and state checked, change and
 * outbox row written by one conditional statement, the same response. No Idempotency-Key, If-Match or problem documents.
 */
import { columns, completeWith, type Session } from './http/complete.ts';
import { oneByOne } from './http/rows.ts';

const read = `select ${columns}
  from sessions s join accepted_bookings a on a.booking_id = s.booking_id where s.id = $1`;

const write = `with s as (
    update sessions set status = 'completed', version = $3, completed_at = $4, completed_by = $5, updated_at = $4
    where id = $1 and version = $2 returning *),
  enqueued as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select $6, $1, $3, 'session.completed', $7, $8::json from s)
  select true as written from s`;

await completeWith(oneByOne<Session>({ read, write }));
