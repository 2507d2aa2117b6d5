import { nowMs, OPERATIONS_CHANNEL } from './operations-tables.ts';
import { acting, record } from './operator-functions.ts';

const emissions = `
create table emissions (
  id           bigint generated always as identity,
  aggregate_id uuid not null,
  type         text,                       -- null: every event that the row calls for
  again        boolean not null,           -- also those that the outbox has or had
  requested_at timestamptz not null default ${nowMs},
  requested_by text not null,
  reason       text not null,
  finished_at  timestamptz,
  outcome      text,
  detail       text,                       -- what was emitted, or why nothing was
  constraint emission_once primary key (id),
  constraint emission_outcome_is_known check (outcome in ('emitted', 'refused', 'failed')),
  constraint emission_finished_with_outcome check ((finished_at is null) = (outcome is null))
)`;

const signature = 'events_emit(uuid[], text, boolean, text, text)';

const emit = acting(
  'events_emit(aggregates uuid[], event_type text, even_again boolean, act_by text, act_reason text)',
  'setof bigint',
  `  return query
    insert into emissions (aggregate_id, type, again, requested_by, reason)
    select aggregate, event_type, even_again, act_by, act_reason from unnest(aggregates) as aggregate
    returning emissions.id;
  ${record('events emit', `jsonb_build_object('aggregates', aggregates, 'type', event_type, 'again', even_again)`)};
  perform pg_notify('${OPERATIONS_CHANNEL}', 'emissions');`,
);

/**
 * Requests of operators to publish an event from the row that it tells of. The service itself carries them out, with the
 * code that made the event in the first place (ADR 0083). The index answers at once whether an aggregate's event waits.
 */
export const emissionsSchema = ({ appRole, operatorRole }: { appRole: string; operatorRole: string }) => ({
  up: [
    emissions,
    'create index emission_waiting on emissions (id) where finished_at is null',
    'create index outbox_aggregate on outbox (aggregate_id)',
    emit,
    `revoke all on function ${signature} from public`,
    `grant execute on function ${signature} to ${operatorRole}`,
    `grant select on emissions to ${operatorRole}`,
    `grant select, update (finished_at, outcome, detail) on emissions to ${appRole}`,
  ],
  down: [`drop function ${signature}`, 'drop index outbox_aggregate', 'drop table emissions'],
});
