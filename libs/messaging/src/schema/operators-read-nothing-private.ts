import { acting, record } from './operator-functions.ts';

/** What holds the words of the two people, or what a sender put beside them. */
const privateColumns = {
  outbox: ['envelope'],
  outbox_published: ['envelope'],
  dead_letters: ['body', 'properties', 'headers'],
} as const;

const inWords = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** `select` on each column but the private ones. */
const grantTheRest = (operatorRole: string): string[] =>
  Object.entries(privateColumns).map(
    ([table, hidden]) => `do $$ begin
  execute (select format('grant select (%s) on ${table} to ${operatorRole}', string_agg(quote_ident(attname), ', '))
    from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped
      and attname not in (${inWords(hidden)}));
end $$`,
  );

const by = 'act_by text, act_reason text';
const recorded = (action: string, subject: string): string => `${record(action, subject)};`;

const sizes = `
create function outbox_bytes(message uuid) returns integer
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select octet_length(envelope::text) from outbox where message_id = message
$$`;

const show = acting(
  `dead_letters_show(letter uuid, ${by})`,
  'table (body bytea, properties text, headers text)',
  `  ${recorded('dead-letters show', `jsonb_build_object('deadLetter', letter)`)}
  return query select l.body, l.properties, l.headers from dead_letters l where l.id = letter;`,
);

// ids alone are looked for, so that no one can guess at words
const naming = `
create function dead_letters_naming(ids uuid[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select l.id from dead_letters l
  where exists (select from unnest(ids) as named where position(convert_to(named::text, 'UTF8') in l.body) > 0)
$$`;

const resend = acting(
  `events_resend(of_type text, since timestamptz, until timestamptz, to_queue text, ${by})`,
  'bigint',
  `  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'events resend', act_reason,
      jsonb_build_object('type', of_type, 'since', since, 'until', until, 'queue', to_queue))
    returning id into act;
  return act;`,
).replace('\nbegin\n', '\ndeclare\n  act bigint;\nbegin\n');

// reads only what the record of the same login says, so that the record says what was read
const resent = `
create function events_resent(act bigint, after bigint, rows integer, bytes integer)
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
end $$`;

const drop = (kept: string): string =>
  acting(
    `outbox_drop(messages uuid[], ${by})`,
    'setof uuid',
    `  ${recorded(
      'outbox drop',
      `jsonb_build_object('messages', (select jsonb_agg(${kept}) from outbox
      where message_id = any(messages) and parked_at is not null))`,
    )}
  return query delete from outbox where message_id = any(messages) and parked_at is not null returning message_id;
  perform pg_notify('outbox', '');`,
  ).replace('create function', 'create or replace function');

// enough to tell which event it was, and to recognise its bytes; the event can be made again from its booking or session
const traces = `jsonb_build_object('id', message_id, 'type', type, 'aggregate', aggregate_id, 'sequence', sequence,
      'sha256', encode(sha256(convert_to(envelope::text, 'UTF8')), 'hex'))`;

const forgetEnvelopes = `
update operator_actions set subject = jsonb_build_object('messages', (
  select jsonb_agg(jsonb_build_object('id', e->'id', 'type', e->'type', 'aggregate', e->'subject',
    'sequence', (e->>'sequence')::integer)) from jsonb_array_elements(subject->'messages') as e))
where action = 'outbox drop' and jsonb_typeof(subject->'messages') = 'array'`;

const functions = {
  'outbox_bytes(uuid)': sizes,
  'dead_letters_show(uuid, text, text)': show,
  'dead_letters_naming(uuid[])': naming,
  'events_resend(text, timestamptz, timestamptz, text, text, text)': resend,
  'events_resent(bigint, bigint, integer, integer)': resent,
};
const signatures = Object.keys(functions);
const tables = Object.keys(privateColumns).join(', ');
const actionColumns = 'operator, action, reason, subject';

/** Since 2026-11-28, after `operationsSchema`: operators read neither notes nor metadata but through functions that record who. */
export const operatorsReadNothingPrivate = ({ operatorRole }: { operatorRole: string }) => ({
  up: [
    `revoke select on ${tables} from ${operatorRole}`,
    ...grantTheRest(operatorRole),
    ...Object.values(functions),
    drop(traces),
    forgetEnvelopes,
    `revoke insert (${actionColumns}) on operator_actions from ${operatorRole}`,
    ...signatures.map((signature) => `revoke all on function ${signature} from public`),
    ...signatures.map((signature) => `grant execute on function ${signature} to ${operatorRole}`),
  ],
  down: [
    `grant insert (${actionColumns}) on operator_actions to ${operatorRole}`,
    drop('envelope'),
    ...signatures.toReversed().map((signature) => `drop function ${signature}`),
    `revoke select on ${tables} from ${operatorRole}`, // with those of their columns
    `grant select on ${tables} to ${operatorRole}`,
  ],
});
