-- What :operator, the role of operators' tools, may read and do. After operations.sql and emissions.sql; every statement
-- may run again on a database that has it already.


-- read: everything but notes and metadata, which are in envelope; body, properties, headers

grant select on inbox, replays, workers, paused_workers, operator_actions, emissions to :operator;
grant select (position, message_id, aggregate_id, sequence, type, lane, attempts, parked_at, last_error, created_at, retry_at)
  on outbox to :operator;
grant select (position, message_id, aggregate_id, sequence, type, lane, created_at, published_at)
  on outbox_published to :operator;
grant select (id, message_id, type, reason, queue, exchange, routing_key, attempts, times_seen, last_error, fingerprint,
    first_seen_at, last_seen_at, tried_at, resolved_at, resolution, resolved_by, resolution_note)
  on dead_letters to :operator;


-- do: through functions that run as the owner and write who and why into operator_actions in the same transaction, so
-- that no action is without its record. They notify workers on the channel "operations", relays on the channel "outbox".


-- dead letters

create or replace function dead_letters_replay(letters uuid[], act_by text, act_reason text) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    insert into replays (dead_letter_id, queue, requested_by, reason)
    select l.id, l.queue, act_by, act_reason
    from unnest(letters) with ordinality as asked (id, place) join dead_letters l using (id)
    where l.resolved_at is null order by place
    on conflict (dead_letter_id) where finished_at is null do nothing
    returning replays.id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'dead-letters replay', act_reason, jsonb_build_object('deadLetters', letters));
  perform pg_notify('operations', 'replays');
end $$;

create or replace function dead_letters_discard(letters uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update replays set finished_at = date_trunc('milliseconds', clock_timestamp()), outcome = 'withdrawn', detail = 'discarded'
    where dead_letter_id = any(letters) and finished_at is null;
  return query
    update dead_letters set resolved_at = date_trunc('milliseconds', clock_timestamp()), resolution = 'discarded',
      resolved_by = act_by, resolution_note = act_reason
    where id = any(letters) and resolved_at is null returning id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'dead-letters discard', act_reason, jsonb_build_object('deadLetters', letters));
end $$;

create or replace function dead_letters_show(letter uuid, act_by text, act_reason text)
returns table (body bytea, properties text, headers text)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'dead-letters show', act_reason, jsonb_build_object('deadLetter', letter));
  return query select l.body, l.properties, l.headers from dead_letters l where l.id = letter;
end $$;

-- Searches bodies for ids only, so that it cannot be used to guess words.
create or replace function dead_letters_naming(ids uuid[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select l.id from dead_letters l
  where exists (select from unnest(ids) as named where position(convert_to(named::text, 'UTF8') in l.body) > 0)
$$;


-- parked rows of the outbox

create or replace function outbox_bytes(message uuid) returns integer
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select octet_length(envelope::text) from outbox where message_id = message
$$;

create or replace function outbox_unpark(messages uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  -- one attempt stays counted: a relay tries a row that was refused before apart from the others
  return query
    update outbox set parked_at = null, retry_at = null, attempts = least(attempts, 1), last_error = null
    where message_id = any(messages) and parked_at is not null returning message_id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'outbox unpark', act_reason, jsonb_build_object('messages', messages));
  perform pg_notify('outbox', '');
end $$;

create or replace function outbox_drop(messages uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  -- Keeps enough to identify each event and to recognise its bytes, but not what people wrote. The event itself can be
  -- made again from its booking or session.
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'outbox drop', act_reason, jsonb_build_object('messages', (
      select jsonb_agg(jsonb_build_object('id', message_id, 'type', type, 'aggregate', aggregate_id, 'sequence', sequence,
        'sha256', encode(sha256(convert_to(envelope::text, 'UTF8')), 'hex')))
      from outbox where message_id = any(messages) and parked_at is not null)));
  return query delete from outbox where message_id = any(messages) and parked_at is not null returning message_id;
  perform pg_notify('outbox', '');
end $$;


-- workers

create or replace function workers_pause(what text, act_by text, act_reason text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if what not in ('relay', 'consumer') and not exists (select from workers where id::text = what) then
    raise exception 'neither a role that can be paused nor a worker: %', what using errcode = 'no_data_found';
  end if;
  insert into paused_workers (target, paused_by, reason) values (what, act_by, act_reason) on conflict do nothing;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'workers pause', act_reason, jsonb_build_object('target', what));
  perform pg_notify('operations', 'workers');
end $$;

create or replace function workers_resume(what text, act_by text, act_reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from paused_workers where target = what;
  if not found then return false; end if;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'workers resume', act_reason, jsonb_build_object('target', what));
  perform pg_notify('operations', 'workers');
  return true;
end $$;


-- events

create or replace function events_emit(aggregates uuid[], event_type text, even_again boolean, act_by text, act_reason text)
returns setof bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    insert into emissions (aggregate_id, type, again, requested_by, reason)
    select aggregate, event_type, even_again, act_by, act_reason from unnest(aggregates) as aggregate
    returning emissions.id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'events emit', act_reason,
      jsonb_build_object('aggregates', aggregates, 'type', event_type, 'again', even_again));
  perform pg_notify('operations', 'emissions');
end $$;

create or replace function events_resend(
  of_type text, since timestamptz, until timestamptz, to_queue text, act_by text, act_reason text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  act bigint;
begin
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'events resend', act_reason,
      jsonb_build_object('type', of_type, 'since', since, 'until', until, 'queue', to_queue))
    returning id into act;
  return act;
end $$;

-- Reads only the events that a record of the same login names, so that the record shows everything that was read.
create or replace function events_resent(act bigint, after bigint, rows integer, bytes integer)
returns table ("position" bigint, message_id uuid, body text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  asked record;
  taken bigint := 0;
begin
  select subject->>'type' as type, (subject->>'since')::timestamptz as since, (subject->>'until')::timestamptz as until
    into asked from operator_actions a where a.id = act and a.action = 'events resend' and a.login = session_user;
  for position, message_id, body in
    select p.position, p.message_id, p.envelope::text from outbox_published p
    where p.type = asked.type and p.published_at >= asked.since and p.published_at < asked.until and p.position > after
      and not exists (select from outbox_published first where first.aggregate_id = p.aggregate_id
        and first.message_id = p.message_id and first.position < p.position and first.published_at >= asked.since)
    order by p.position limit rows
  loop
    taken := taken + octet_length(body);
    return next;
    exit when taken >= bytes;
  end loop;
end $$;


revoke all on function dead_letters_replay(uuid[], text, text), dead_letters_discard(uuid[], text, text),
  dead_letters_show(uuid, text, text), dead_letters_naming(uuid[]), outbox_bytes(uuid), outbox_unpark(uuid[], text, text),
  outbox_drop(uuid[], text, text), workers_pause(text, text, text), workers_resume(text, text, text),
  events_emit(uuid[], text, boolean, text, text), events_resend(text, timestamptz, timestamptz, text, text, text),
  events_resent(bigint, bigint, integer, integer) from public;
grant execute on function dead_letters_replay(uuid[], text, text), dead_letters_discard(uuid[], text, text),
  dead_letters_show(uuid, text, text), dead_letters_naming(uuid[]), outbox_bytes(uuid), outbox_unpark(uuid[], text, text),
  outbox_drop(uuid[], text, text), workers_pause(text, text, text), workers_resume(text, text, text),
  events_emit(uuid[], text, boolean, text, text), events_resend(text, timestamptz, timestamptz, text, text, text),
  events_resent(bigint, bigint, integer, integer) to :operator;
