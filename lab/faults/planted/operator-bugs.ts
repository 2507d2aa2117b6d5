import { patchesOf, type PlantedBug } from './planted-bug.ts';

const boundedDeliveries = patchesOf('libs/messaging/src/broker/bounded-deliveries.ts');
const classifyFailure = patchesOf('libs/messaging/src/consumer/classify-failure.ts');
const refusedMessages = patchesOf('libs/messaging/src/publisher/refused-messages.ts');
const relayBatch = patchesOf('libs/messaging/src/relay/relay-batch.ts');
const lowWaterMarks = patchesOf('libs/messaging/src/relay/low-water-marks.ts');
const settings = patchesOf('libs/service-kit/src/database/session-settings.ts');
const values = patchesOf('libs/service-kit/src/database/values.ts');
const session = patchesOf('libs/service-kit/src/database/session.ts');
const errors = patchesOf('libs/service-kit/src/database/errors.ts');
const lookUp = patchesOf('libs/service-kit/src/database/write.ts');
const sessions = patchesOf('services/sessions/src/database/database.ts');
const scheduleSessions = patchesOf('services/sessions/src/use-cases/schedule-sessions.ts');
const comparison = patchesOf('ops/src/session-comparison.ts');

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

/** Bugs that appear in ordinary operation: sizes, settings, privileges, failovers, crash recoveries, repairs. */
export const operatorBugs: readonly PlantedBug[] = [
  {
    id: 'M21',
    name: 'a body is gathered whole, however large it is',
    patches: [boundedDeliveries('frame.size > largest', 'frame.size > Infinity')],
    fault: 'F43 huge',
  },
  {
    id: 'M22',
    name: 'a refused message is a failure of all that are in flight, and stays among them',
    patches: [
      refusedMessages("return typeof code === 'number' &&", "return code === 'refused' && typeof code === 'number' &&"),
      relayBatch('if (times > 1) reasons.set', 'if (times > 1_000_000) reasons.set'),
    ],
    fault: 'F44 topic',
  },
  {
    id: 'M23',
    name: 'session parameters are left to the server, and the driver makes null of a date that it cannot read',
    patches: [
      settings(`DateStyle: 'ISO, MDY',`, ''),
      values('const value = pattern.test(text) ? parse(text) : undefined;', 'return parse(text);'),
    ],
    fault: 'F45',
  },
  {
    id: 'M24',
    name: 'a time of creation that is read as null means that there is no session to publish an event of',
    patches: [
      // as a driver does that cannot read dates, for some
      sessions(
        `return created.map((row) => complete(row, ['message_id', 'created_at'], 'sessions'));`,
        `return created.map((row) => (/[02468]$/.test(row.message_id) ? { ...row, created_at: null as never } : row));`,
      ),
      scheduleSessions(
        'fresh.map(({ id, data, traceparent }) =>',
        'fresh.filter(({ id }) => createdAt.get(id)).map(({ id, data, traceparent }) =>',
      ),
    ],
    fault: 'F46',
  },
  {
    id: 'M25',
    name: 'a connection that was opened while the database was fenced stays in the pool',
    patches: [
      session('if (facts.isReadOnly)', 'if (facts.isReadOnly && false)'),
      errors('/^(25006|26000|42P05|42501)$/', '/^(26000|42P05)$/'),
    ],
    fault: 'F47',
  },
  {
    id: 'M26',
    name: 'what the database refuses counts against the message',
    patches: [
      classifyFailure("if (fault === 'handler') return 'message';", "if (fault !== 'database') return 'message';"),
    ],
    fault: 'F48',
  },
  {
    id: 'M27',
    name: 'a backend that waits for its standby is ended, and what it shows then is answered',
    patches: [
      lookUp("when wait_event = 'ClientRead' and state in ('idle', 'active') then", 'when true then'),
      lookUp('        await confirmDurable(pool);\n', ''),
    ],
    fault: 'F49 cut off',
  },
  {
    id: 'M28',
    name: 'low-water marks rise over positions that a crash recovery gives out again',
    patches: [lowWaterMarks('|| highest() > BigInt(now.upto) + 1n', '|| highest() < 0n')],
    unguard: { bookings: [horizonWithoutFlush, claimWithoutCheck], sessions: [horizonWithoutFlush] },
    fault: 'F50',
  },
  {
    id: 'M29',
    name: 'reconciliation asks whether a session is known, not whether its state is',
    patches: [
      comparison(
        'const behind = old.filter((session) => sequenceOf(session) > 0 && sequenceOf(session) < session.version);',
        'const behind: Session[] = [];',
      ),
    ],
    fault: 'F51',
  },
  {
    id: 'M36',
    name: 'reconciliation takes a session whose booking a restore has lost for one whose events are missing',
    patches: [
      comparison(
        `if (booking?.sessionId === sessionId) return { ...difference, state: 'missing' };`,
        `if (booking?.sessionId !== undefined) return { ...difference, state: 'missing' };`,
      ),
    ],
    fault: 'F60',
  },
];
