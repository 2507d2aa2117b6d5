import { nowMs, OPERATIONS_CHANNEL } from './operations-tables.ts';

// As the owner, with a pinned search path: operators act through these alone, so that no act is without its record.
export const acting = (signature: string, returns: string, body: string): string => `
create function ${signature} returns ${returns}
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
${body}
end $$`;

export const record = (action: string, subject: string): string =>
  `insert into operator_actions (operator, action, reason, subject) values (act_by, '${action}', act_reason, ${subject})`;

const by = 'act_by text, act_reason text';

const functions = {
  [`dead_letters_replay(letters uuid[], ${by})`]: [
    'setof bigint',
    `  return query
    insert into replays (dead_letter_id, queue, requested_by, reason)
    select l.id, l.queue, act_by, act_reason
    from unnest(letters) with ordinality as asked (id, place) join dead_letters l using (id)
    where l.resolved_at is null order by place
    on conflict (dead_letter_id) where finished_at is null do nothing
    returning replays.id;
  ${record('dead-letters replay', `jsonb_build_object('deadLetters', letters)`)};
  perform pg_notify('${OPERATIONS_CHANNEL}', 'replays');`,
  ],
  [`dead_letters_discard(letters uuid[], ${by})`]: [
    'setof uuid',
    `  update replays set finished_at = ${nowMs}, outcome = 'withdrawn', detail = 'discarded'
    where dead_letter_id = any(letters) and finished_at is null;
  return query
    update dead_letters set resolved_at = ${nowMs}, resolution = 'discarded', resolved_by = act_by, resolution_note = act_reason
    where id = any(letters) and resolved_at is null returning id;
  ${record('dead-letters discard', `jsonb_build_object('deadLetters', letters)`)};`,
  ],
  [`outbox_unpark(messages uuid[], ${by})`]: [
    'setof uuid',
    `  return query
    update outbox set parked_at = null, attempts = 0, last_error = null
    where message_id = any(messages) and parked_at is not null returning message_id;
  ${record('outbox unpark', `jsonb_build_object('messages', messages)`)};
  perform pg_notify('outbox', '');`,
  ],
  [`outbox_drop(messages uuid[], ${by})`]: [
    'setof uuid',
    `  -- what is dropped was never published: the record is the only place that has it still
  ${record(
    'outbox drop',
    `jsonb_build_object('messages', (select jsonb_agg(envelope) from outbox
      where message_id = any(messages) and parked_at is not null))`,
  )};
  return query delete from outbox where message_id = any(messages) and parked_at is not null returning message_id;
  perform pg_notify('outbox', '');`,
  ],
  [`workers_pause(what text, ${by})`]: [
    'void',
    `  if what not in ('relay', 'consumer') and not exists (select from workers where id::text = what) then
    raise exception 'neither a role that can be paused nor a worker: %', what using errcode = 'no_data_found';
  end if;
  insert into paused_workers (target, paused_by, reason) values (what, act_by, act_reason) on conflict do nothing;
  ${record('workers pause', `jsonb_build_object('target', what)`)};
  perform pg_notify('${OPERATIONS_CHANNEL}', 'workers');`,
  ],
  [`workers_resume(what text, ${by})`]: [
    'boolean',
    `  delete from paused_workers where target = what;
  if not found then return false; end if;
  ${record('workers resume', `jsonb_build_object('target', what)`)};
  perform pg_notify('${OPERATIONS_CHANNEL}', 'workers');
  return true;`,
  ],
} satisfies Record<string, [returns: string, body: string]>;

/** `f(a text, b uuid[])` is `f(text, uuid[])` for grants. */
const typesOnly = (signature: string): string => signature.replaceAll(/\w+ (\w+(?:\[\])?)(?=[,)])/g, '$1');

const identities = Object.keys(functions).map(typesOnly);

export const operatorFunctions = (operatorRole: string): string[] => [
  ...Object.entries(functions).map(([signature, [returns, body]]) => acting(signature, returns, body)),
  ...identities.map((identity) => `revoke all on function ${identity} from public`),
  ...identities.map((identity) => `grant execute on function ${identity} to ${operatorRole}`),
];

export const operatorFunctionsDown = identities.toReversed().map((identity) => `drop function ${identity}`);
