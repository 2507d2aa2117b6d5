/** The floor of accept, with batched statements: each serves all requests that wait. No request may fail. */
import { acceptWith, columns, type Booking } from '../http/accept.ts';
import { gathered } from './gather.ts';

const read = `select ${columns}
  from unnest((select $1::uuid[])) as asked (id) join bookings b using (id)`;

const write = `with asked as (
    select * from rows from (unnest((select $1::uuid[]), (select $2::integer[]), (select $3::integer[]), (select $4::timestamptz[]), (select $5::uuid[]), (select $6::uuid[]), (select $7::uuid[]), (select $8::smallint[])), json_array_elements($9::json))
      as asked (id, before, after, at, by, session_id, message_id, lane, envelope)),
  written as (
    update bookings b set status = 'accepted', version = after, decided_at = at, updated_at = at, decided_by = by,
      session_id = asked.session_id, accepted_message_id = message_id
    from asked where b.id = asked.id and version = before returning asked.*),
  enqueued as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, id, after, 'booking.accepted', lane, envelope from written)
  select id from written`;

await acceptWith(gathered<Booking>({ read, write }));
