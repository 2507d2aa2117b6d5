/** The floor of complete, with batched statements: each serves all requests that wait. No request may fail. */
import { columns, completeWith, type Session } from '../http/complete.ts';
import { gathered } from './gather.ts';

const read = `select ${columns}
  from unnest((select $1::uuid[])) as asked (id) join sessions s using (id) join accepted_bookings a on a.booking_id = s.booking_id`;

const write = `with asked as (
    select * from rows from (unnest((select $1::uuid[]), (select $2::integer[]), (select $3::integer[]), (select $4::timestamptz[]), (select $5::uuid[]), (select $6::uuid[]), (select $7::smallint[])), json_array_elements($8::json))
      as asked (id, before, after, at, by, message_id, lane, envelope)),
  written as (
    update sessions s set status = 'completed', version = after, completed_at = at, completed_by = by, updated_at = at
    from asked where s.id = asked.id and version = before returning asked.*),
  enqueued as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, id, after, 'session.completed', lane, envelope from written)
  select id from written`;

await completeWith(gathered<Session>({ read, write }));
