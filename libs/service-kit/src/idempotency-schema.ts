/**
 * The table of the answers that are kept under an `Idempotency-Key`, with what `appRole` may do on it, as SQL for a
 * migration of a service. What has landed is never edited.
 */
export const idempotencySchema = (
  appRole: string,
): { readonly up: readonly string[]; readonly down: readonly string[] } => ({
  up: [table, index, `grant select, insert, delete on idempotency_keys to ${appRole}`],
  down: ['drop table idempotency_keys'],
});

const table = `
create table idempotency_keys (
  user_id      uuid not null,    -- sub of the caller: everybody has keys of their own
  key          text not null,
  request_hash bytea not null,   -- SHA-256 over method, path and canonical body
  asked_by     json not null,    -- the caller as the token said then; what they may do is in the answer
  answer       json not null,    -- the row that the answer was made of, as it was at the commit
  kept_at      timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  constraint idempotency_key_once primary key (user_id, key),
  constraint idempotency_key_is_short check (char_length(key) between 1 and 255)
)`;

/** Old ones are found without looking at the others. */
const index = 'create index idempotency_key_by_age on idempotency_keys (kept_at)';

const forget = `
create function idempotency_keys_forget(at timestamptz, keep interval, batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from idempotency_keys where ctid = any(array(
    select ctid from idempotency_keys where kept_at < at - keep order by kept_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$`;

const signature = 'idempotency_keys_forget(timestamptz, interval, integer)';

/** Lets `retentionRole` forget old answers, and nothing else. */
export const keyRetentionSchema = (retentionRole: string) => ({
  up: [
    forget,
    `revoke all on function ${signature} from public`,
    `grant execute on function ${signature} to ${retentionRole}`,
  ],
  down: [`drop function ${signature}`],
});
