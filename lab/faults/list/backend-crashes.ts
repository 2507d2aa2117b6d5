import type pg from 'pg';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { asOwner, onServer } from './dba.ts';
import { allReady, seconds, until, untilPublished } from './steps.ts';

type Sequence = { readonly last_value: string; readonly log_cnt: string };

const sequenceOf = async (owner: pg.Client): Promise<Sequence> =>
  (await owner.query<Sequence>('select last_value, log_cnt from outbox_position_seq')).rows[0] as Sequence;

/** Whether the relay has read the horizon since. */
const hasAsked = async (world: FaultWorld, since: string): Promise<boolean> =>
  (
    await onServer(
      world,
      `select from pg_stat_activity where application_name = 'bookings-relay' and query_start > $1::timestamptz
         and (query like '%outbox_low_water_marks%' or (query like '%outbox_horizon%' and state = 'idle'))`,
      [since],
    )
  ).length > 0;

/** A writer inserts at a position that is not in the log yet, relays are woken and read, then its backend is killed; returns the position. */
const crashBehindAnInsert = (world: FaultWorld): Promise<number> =>
  asOwner(world, 'bookings', async (writer) => {
    while ((await sequenceOf(writer)).log_cnt !== '0') await writer.query("select nextval('outbox_position_seq')");
    await writer.query('begin');
    const { rows } = await writer.query<{ position: string; pid: number; at: string }>(
      `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
       values (gen_random_uuid(), gen_random_uuid(), 1, 'booking.lost', 3, '{}')
       returning position, pg_backend_pid() as pid, clock_timestamp()::text as at`,
    );
    const [{ position, pid, at }] = rows as [(typeof rows)[number]];
    await world.rows.bookings.query('notify outbox');
    await until(() => hasAsked(world, at), 300);
    process.kill(pid, 'SIGKILL');
    await until(async () => (await writer.query('select 1').catch(() => null)) === null, 5_000);
    return Number(position);
  });

/** Writes a published event to the outbox again, as the runbook does, and waits until it is published. */
const sendOneAgain = async (world: FaultWorld): Promise<boolean> => {
  await world.rows.bookings.query(
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
     select message_id, aggregate_id, sequence, type, lane, envelope from outbox_published order by position limit 1`,
  );
  await world.rows.bookings.query('notify outbox');
  return untilPublished(world, 'bookings', 8_000);
};

/** True if the sequence went back below a position that the relay may have seen. */
const crashOnce = async (world: FaultWorld): Promise<boolean> => {
  // the relay reads the horizon at most twice a second, after publishing: for the first of these, and then not before it is woken
  for (let count = 0; count < 5; count++) await sendOneAgain(world);
  await seconds(0.6);
  const position = await crashBehindAnInsert(world);
  await allReady(world);
  const { last_value: last } = await asOwner(world, 'bookings', sequenceOf);
  await seconds(3);
  const isOut = await sendOneAgain(world);
  world.expect(isOut, 'the next event is published', { position, last });
  return Number(last) < position;
};

const crash: Fault = {
  id: 'F50',
  name: 'PostgreSQL backend killed, outbox sequence goes back',
  promise: 'no event is skipped or reordered',
  how: 'kill -9 of the backend of a writer that took the first position of a new block, just after the relay looked; four times',
  run: async (world) => {
    await world.workload.more(60);
    await world.workload.pause();
    await untilPublished(world, 'bookings', 10_000);
    let wentBack = 0;
    for (let count = 0; count < 4 && wentBack === 0; count++) wentBack += (await crashOnce(world)) ? 1 : 0;
    return wentBack > 0
      ? 'the sequence went back below a position that the relay had seen'
      : '4 crashes; what the relay had seen was never given out again';
  },
};

export const backendCrashes: readonly Fault[] = [crash];
