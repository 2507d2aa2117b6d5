import type { Rewrite } from './connection.ts';

const replaced =
  (part: RegExp, by: string): Rewrite =>
  (text) =>
    text.replace(part, by);

// parameters of the claim that these statements do not use
const UNASKED =
  'cross join (select $2::bigint[], $3::text, $4::integer, $5::integer, $6::integer) as unasked (a, b, c, d, e)';

/** Read, check, write: the row may have changed since it was read. */
export const withoutVersionCondition = replaced(/ and \w+\.version = asked\.version - 1/g, '');

/** All waiting rows, without locks. */
export const claimWithoutLock = replaced(
  /from outbox_claim\(\$1, \$2, \$3, \$4, \$5, \$6\)/,
  `from (select *, 0 as bytes from outbox where parked_at is null order by lane, position limit $1) as claimed ${UNASKED}`,
);

/** Rows after the last published position, although a lower position may be committed later. */
export const claimByPosition = replaced(
  /from outbox_claim\(\$1, \$2, \$3, \$4, \$5, \$6\)/,
  `from (select *, 0 as bytes from outbox where position > (select coalesce(max(position), 0) from outbox_published)
    order by position limit $1) as claimed ${UNASKED}`,
);

/** As if no transaction were inserting. */
export const marksWithoutWriters = replaced(
  /life, upto, writers from outbox_horizon/,
  "life, upto, '{}'::text[] as writers from outbox_horizon",
);

/** A copy fails instead of being recognised as a duplicate. */
export const inboxWithoutConflictHandling = replaced(/(insert into inbox[^]*)on conflict do nothing/, '$1');

/** The inbox is read but not written. */
export const inboxLookedIntoOnly = replaced(
  /insert into inbox[^]*returning message_id/,
  `select id as message_id from unnest($1::uuid[], $3::bytea[]) as m(id, hash)
    where not exists (select from inbox i where i.message_id = id and i.queue = $2)`,
);

/** accepted_bookings is checked by a read before the write. */
export const lastInboxWithoutConflictHandling = replaced(
  /(insert into accepted_bookings[^]*?)on conflict do nothing/,
  '$1',
);

/** The same poison is inserted each time, which violates a constraint. */
export const deadLetterWithoutConflictHandling = replaced(/on conflict \(fingerprint\)[^]*(?=returning)/, '');
