-- Responses kept under an Idempotency-Key. :app is the role that the service logs in with, :retention that of the
-- retention job.

create table idempotency_keys (
  user_id      uuid not null,    -- sub of the caller: keys of different users never meet
  key          text not null,
  request_hash bytea not null,   -- SHA-256 over method, path and canonical body
  asked_by     json not null,    -- the caller as the token said then; what they may see of the answer depends on it
  answer       json not null,    -- the row that the response was made of, as it was at the commit
  kept_at      timestamptz not null default date_trunc('milliseconds', clock_timestamp()),

  constraint idempotency_key_once primary key (user_id, key),
  constraint idempotency_key_is_short check (char_length(key) between 1 and 255)
);

create index idempotency_key_by_age on idempotency_keys (kept_at);

grant select, insert, delete on idempotency_keys to :app;

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
end $$;

revoke all on function idempotency_keys_forget(timestamptz, interval, integer) from public;
grant execute on function idempotency_keys_forget(timestamptz, interval, integer) to :retention;
