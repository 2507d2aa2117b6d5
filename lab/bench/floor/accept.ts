/**
 * The least code for `PATCH /bookings/{id}/accept` with the same guarantee: token verified, ownership and state checked, change and
 * outbox row written by one conditional statement, the same response. No Idempotency-Key, If-Match or problem documents.
 */
import { acceptWith, columns, type Booking } from './http/accept.ts';
import { oneByOne } from './http/rows.ts';

const read = `select ${columns} from bookings b where id = $1`;

const write = `with changed as (
    update bookings set status = 'accepted', version = $3, decided_at = $4, updated_at = $4, decided_by = $5,
      session_id = $6, accepted_message_id = $7
    where id = $1 and version = $2 returning *),
  enqueued as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select $7, $1, $3, 'booking.accepted', $8, $9::json from changed)
  select true as written from changed`;

await acceptWith(oneByOne<Booking>({ read, write }));
