import type { PlantedBug } from './planted-bug.ts';

/** The horizon without the check that what it has read is on disk. */
const horizonWithoutFlush = `
create or replace function outbox_horizon(out life text, out upto bigint, out writers text[])
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
  lock table outbox in access share mode;
  life := outbox_life();
  select last_value - (not is_called)::integer into upto from outbox_position_seq;
  select coalesce(array_agg(virtualtransaction), '{}') into writers from pg_locks
    where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = 'outbox'::regclass
      and database = (select oid from pg_database where datname = current_database());
end $$`;

const claimWithoutCheck = `
do $$ begin
  execute replace(pg_get_functiondef('outbox_claim'::regproc), 'elsif (select max(m)', 'elsif false and (select max(m)');
end $$`;

export const relayBugs: readonly PlantedBug[] = [
  {
    id: 'M22',
    name: 'a refused message is a failure of all that are in flight, and stays among them',
    patches: [
      {
        file: 'libs/messaging/src/publisher/refused-messages.ts',
        find: "return typeof code === 'number' &&",
        replace: "return code === 'refused' && typeof code === 'number' &&",
      },
      {
        file: 'libs/messaging/src/relay/relay-batch.ts',
        find: 'if (times > 1) reasons.set',
        replace: 'if (times > 1_000_000) reasons.set',
      },
    ],
    fault: 'F44 topic',
  },
  {
    id: 'M28',
    name: 'low-water marks rise over positions that a crash recovery gives out again',
    patches: [
      {
        file: 'libs/messaging/src/relay/low-water-marks.ts',
        find: '|| highest() > BigInt(now.upto) + 1n',
        replace: '|| highest() < 0n',
      },
    ],
    unguard: { bookings: [horizonWithoutFlush, claimWithoutCheck], sessions: [horizonWithoutFlush] },
    fault: 'F50',
  },
];
