import { connected } from '@mentor-sessions/lab/plain-sql';
import { fill, tables } from '../../../ops/test/backlog/backlog.ts';
import { costsOfLooking, tooDear } from '../../../ops/test/backlog/statements.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services } from '../world/roles.ts';
import { expectWithin, metricOf, setWorkers } from './steps.ts';

const MILLION = 1_000_000;
/** Blocks: without a visibility map each counted row is a visit of its page, four times 10,000 in one gauge. */
const BEFORE_VACUUM = 40_000;
const ours = `start_time = '2039-01-01'`;

/** Runs a statement as the owner of a database. */
const openOwner = async (url: string) => {
  const client = await connected(url);
  return { query: async (sql: string) => (await client.query<never>(sql)).rows, close: () => client.end() };
};

/** As in the baseline; removed while filling. */
const noDoubleBooking = `alter table bookings add constraint mentor_never_double_booked exclude using gist (
  mentor_profile_id with =, tstzrange(start_time, end_time, '[)') with &&) where (status = 'accepted')`;

/** The checker does not read the rows that were filled in. */
const emptied = {
  bookings: [
    // first, so that the reminder finds no more of them: what it sent before is in the outbox
    `delete from awaited_sessions using bookings b where booking_id = b.id and b.${ours}`,
    'alter table bookings disable trigger user',
    `delete from bookings where ${ours}`,
    'alter table bookings enable trigger user',
    noDoubleBooking,
    `delete from outbox where not exists (select from bookings where id = aggregate_id)`,
    `delete from outbox_published where not exists (select from bookings where id = aggregate_id)`,
  ],
  sessions: [
    `delete from outbox where not exists (select from sessions where id = aggregate_id)`,
    `delete from outbox_published where not exists (select from sessions where id = aggregate_id)`,
  ],
};

/** Statements of the metrics and the reminder. */
const observe = async (world: FaultWorld): Promise<string> => {
  const sentAgain = async () =>
    (await metricOf(world.role('bookings consumer'), /bookings_accepted_sent_again_total/)) > 0;
  await expectWithin(world, 60_000, 'the reminder sends again what is lost', sentAgain);
  const gauge = /bookings_accepted_without_session\{older_than_seconds="60"\}/;
  const overdue = await metricOf(world.role('bookings consumer'), gauge);
  world.expect(overdue === 10_000, 'the gauge of overdue bookings is counted up to its limit', overdue);
  const pending = await metricOf(world.role('bookings relay'), /outbox_pending_messages/);
  world.expect(pending > 0.5 * MILLION && pending < 2 * MILLION, 'the gauge of the outbox is near the truth', pending);
  const costs = await costsOfLooking(world.stack);
  for (const cost of tooDear(costs)) world.expect(false, `${cost.statement} reads little`, cost);
  const [most] = costs.toSorted((a, b) => b.blocks - a.blocks);
  return `of ${costs.length} statements the dearest reads ${most?.blocks} blocks (${most?.statement})`;
};

export const backlog: Fault = {
  id: 'F55',
  name: 'a million of everything waits',
  promise: 'each monitoring statement reads at most 5,000 blocks (40,000 before the first vacuum)',
  how: 'relays stand still; 1,000,000 awaited bookings, 1,000,000 rows in each outbox, 38 days of published events; every statement is explained before and after the first vacuum',
  setting: () => ({ roles: { 'bookings consumer': { env: { REMIND_AFTER_SECONDS: '60' } } } }),
  run: async (world) => {
    await world.workload.more(60);
    await world.workload.pause(); // triggers and a constraint are disabled while a million rows are written
    await setWorkers(world, 'pause', 'relay');
    const owners = {
      bookings: await openOwner(world.stack.bookings.adminDatabaseUrl),
      sessions: await openOwner(world.stack.sessions.adminDatabaseUrl),
    };
    try {
      await fill(owners, { waiting: MILLION, sessions: 0 });
      for (const cost of tooDear(await costsOfLooking(world.stack), BEFORE_VACUUM))
        world.expect(false, `${cost.statement} reads little before the planner knows`, cost);
      for (const service of services)
        for (const table of tables[service]) await owners[service].query(`vacuum analyze ${table}`);
      return await observe(world);
    } finally {
      for (const service of services) for (const sql of emptied[service]) await owners[service].query(sql);
      await Promise.all(services.map((service) => owners[service].close()));
      await setWorkers(world, 'resume', 'relay');
    }
  },
};
