import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import type { Service } from '../world/roles.ts';
import { answersSince, asOwner } from './dba.ts';
import { linksOf } from './links.ts';
import { numberOf, seconds, until } from './steps.ts';

const apis = ['bookings api', 'sessions api'] as const;

/** Like someone in psql: opens a transaction, takes these locks one after the other, and disconnects after a while. */
const lockForAWhile = (world: FaultWorld, service: Service, tables: readonly string[], hold: number): Promise<string> =>
  asOwner(world, service, async (client) => {
    await client.query('begin');
    for (const table of tables) {
      await client.query(`lock table ${table} in share row exclusive mode`);
      await seconds(hold);
    }
    await client.query('commit');
    return 'let go';
  }).catch((error: unknown) => (error as { code?: string }).code ?? String(error));

/** PostgreSQL's counter, which is slightly delayed. */
const deadlocksIn = async (world: FaultWorld): Promise<number> => {
  const sql = 'select deadlocks from pg_stat_database where datname = current_database()';
  const count = (service: Service): Promise<number> => numberOf(world, service, sql);
  await until(async () => (await count('sessions')) > 0, 3_000);
  return (await count('bookings')) + (await count('sessions'));
};

const outcomes = (all: readonly string[]): string =>
  [...Map.groupBy(all, (each) => each)].map(([each, times]) => `${each} × ${times.length}`).join(', ');

const deadlocks: Fault = {
  id: 'F33',
  name: 'deadlocks',
  promise: 'retried, or 503',
  how: 'a colleague locks the tables of both services in the opposite order, 8 times',
  setting: () => ({ load: { perSecond: 50 } }),
  run: async (world) => {
    const seen: string[] = [];
    for (let count = 0; count < 8; count++) {
      seen.push(
        ...(await Promise.all([
          lockForAWhile(world, 'bookings', ['outbox', 'bookings'], 0.15),
          lockForAWhile(
            world,
            'sessions',
            world.random.pick([
              ['accepted_bookings', 'inbox'],
              ['outbox', 'sessions'],
            ]),
            0.15,
          ),
        ])),
      );
      await seconds(0.2);
    }
    const found = await deadlocksIn(world);
    world.expect(found > 0, 'the fault happened: PostgreSQL found deadlocks', found);
    return `${found} deadlocks; the colleague’s transactions: ${outcomes(seen)}`;
  },
};

const locks: Fault = {
  id: 'F33 locks',
  name: 'locks held beyond the lock timeout',
  promise: '503 after 3 s; retried, nothing dead-lettered',
  how: 'a colleague holds the outbox, then the inbox, for 5 s each',
  setting: () => ({ load: { perSecond: 25 } }),
  run: async (world) => {
    await world.workload.more(30);
    await lockForAWhile(world, 'bookings', ['outbox'], 5);
    await lockForAWhile(world, 'sessions', ['inbox'], 5);
    return 'both let go';
  },
};

/** Drafts whose audit row is locked: their acceptance has its position in the outbox, and waits before its commit. */
const holdDrafts = (world: FaultWorld): Promise<number> =>
  asOwner(world, 'bookings', async (client) => {
    await client.query('begin');
    const { rowCount } = await client.query(
      `select from booking_transitions t where to_status = 'draft' and at > clock_timestamp() - interval '0.2 s'
         and not exists (select from booking_transitions later where later.booking_id = t.booking_id and to_status <> 'draft')
       for update skip locked`,
    );
    await seconds(1);
    await client.query('commit');
    return rowCount ?? 0;
  });

const lateCommits: Fault = {
  id: 'F33 rows',
  name: 'late commits of early rows',
  promise: 'rows that appear late are published',
  how: 'a colleague holds the audit rows of fresh drafts for 1 s, 12 times, while others are accepted',
  setting: () => ({ load: { perSecond: 60 } }),
  run: async (world) => {
    let held = 0;
    for (let count = 0; count < 12; count++) held += await holdDrafts(world);
    world.expect(held > 0, 'the fault happened: drafts were held', held);
    return `${held} acceptances held back`;
  },
};

const exhausted: Fault = {
  id: 'F34',
  name: 'connection pool exhausted',
  promise: 'requests wait, then 503 with Retry-After',
  how: 'one connection for each api, 120 ms away, under more load than it can carry, for 12 s',
  setting: () => ({
    roles: Object.fromEntries(
      apis.map((name) => [name, { through: ['database' as const], env: { DATABASE_POOL_MAX: '1' } }]),
    ),
    load: { perSecond: 30 },
  }),
  run: async (world) => {
    for (const link of linksOf(world, apis, 'database')) link.latency(120);
    const alive = await Promise.all(
      apis.map(async (name) => {
        const answers = new Set<number>();
        await until(async () => {
          answers.add((await fetch(`${world.role(name).current().adminUrl}/livez`)).status);
          await seconds(0.2);
          return false;
        }, 12_000);
        return [...answers];
      }),
    );
    for (const link of linksOf(world, apis, 'database')) link.heal();
    world.expect(
      alive.flat().every((status) => status === 200),
      '/livez answers 200 throughout',
      alive,
    );
    return `${answersSince(world, 0, '503')} answers of 503, /livez always 200`;
  },
};

export const databaseStrain: readonly Fault[] = [deadlocks, locks, lateCommits, exhausted];
