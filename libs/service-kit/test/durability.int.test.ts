import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isStatement } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { query } from '@mentor-sessions/local-stack/databases';
import { startPostgresPair, type PostgresPair } from '@mentor-sessions/lab/servers/postgres-pair';
import { createDatabaseCheck, type Database } from '../src/database.ts';
import { OutcomeUnknown, Unavailable } from '../src/errors.ts';
import { openTestDatabase } from './test-database.ts';

const insert = { name: 'insert_thing', text: 'insert into things values ($1, $2) returning id' };

let pair: PostgresPair;
let world: Awaited<ReturnType<typeof openTestDatabase>>;
/** Gives up soon, as a role does after 6 s. */
let hasty: Database;
let patient: Database;

const readBack = () => patient.query<{ id: number }>('select id from things where id = 1');
const write = (database: Database) => database.write(insert, [1, 'a'], readBack);
const waiting = () =>
  query<{ pid: number }>(pair.adminUrl, "select pid from pg_stat_activity where wait_event = 'SyncRep'");
const untilOneWaits = () =>
  eventually(async () => {
    const [one] = await waiting();
    if (!one) throw new Error('no backend waits for the standby');
    return one.pid;
  });
const untilWritten = (database: Database) =>
  eventually(async () => (await database.query(insert, [2, 'b']).catch(() => [])).length > 0);

beforeAll(async () => {
  pair = await startPostgresPair({ synchronous: true });
  world = await openTestDatabase(pair.primary);
  hasty = world.open({ queryTimeoutMs: 400 });
  patient = world.open();
});
beforeEach(async () => {
  pair.link.heal();
  await eventually(async () => (await waiting()).length === 0);
  await query(world.adminUrl.replace(/[^/]*$/, new URL(world.url).pathname.slice(1)), 'delete from things');
});
afterAll(async () => {
  await world.close().catch(() => undefined); // its server may have been killed
  await pair.close();
});

describe('while the link to the synchronous standby is cut', () => {
  test('a write has an unknown outcome, and its backend goes on waiting', async () => {
    pair.link.blackHole();
    await expect(write(hasty)).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(await waiting()).toHaveLength(1);
    expect(await readBack()).toEqual([]);
    pair.link.heal();
    await eventually(async () => (await readBack()).length === 1);
  });

  test('one backend waits; later writes are refused at once, reads are answered', async () => {
    pair.link.blackHole();
    await expect(write(hasty)).rejects.toBeInstanceOf(OutcomeUnknown);
    const refused = [
      () => hasty.write(insert, [2, 'b'], readBack),
      () => hasty.query(insert, [2, 'b']),
      () => hasty.transaction((tx) => tx.query(insert, [2, 'b'])),
    ];
    for (const attempt of refused) {
      const error = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Unavailable);
      expect((error as Error).message).toBe('The database waits for its synchronous standby; nothing was changed.');
    }
    await expect(hasty.confirmDurable()).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(await waiting()).toHaveLength(1);
    await expect(hasty.query('select 1 as one')).resolves.toEqual([{ one: 1 }]);
    const check = createDatabaseCheck(hasty, { privileges: [], mayLoseCommits: true });
    expect(await check()).toMatch(/^commits wait for a synchronous standby that is away: bring it back/);
    pair.link.heal();
    await untilWritten(hasty);
    await eventually(async () => (await check()) === true);
  });

  test.each(['pg_cancel_backend', 'pg_terminate_backend'])(
    'a write whose wait is ended with %s has an unknown outcome although it can be read',
    async (end) => {
      pair.link.blackHole();
      const outcome = write(world.open({ queryTimeoutMs: 1_500 })).catch((thrown: unknown) => thrown);
      await query(pair.adminUrl, `select ${end}($1)`, [await untilOneWaits()]);
      expect(await outcome).toBeInstanceOf(OutcomeUnknown);
      expect(await readBack()).toEqual([{ id: 1 }]);
    },
  );

  test('a write whose wait is cancelled is answered once the standby has it', async () => {
    pair.link.blackHole();
    const outcome = write(patient);
    await query(pair.adminUrl, 'select pg_cancel_backend($1)', [await untilOneWaits()]);
    await untilOneWaits(); // for a commit of its own
    pair.link.heal();
    await expect(outcome).resolves.toEqual([{ id: 1 }]);
  });

  test('a transaction whose wait is cancelled has an unknown outcome', async () => {
    pair.link.blackHole();
    const outcome = patient.transaction((tx) => tx.query(insert, [1, 'a'])).catch((thrown: unknown) => thrown);
    await query(pair.adminUrl, 'select pg_cancel_backend($1)', [await untilOneWaits()]);
    expect(await outcome).toBeInstanceOf(OutcomeUnknown);
  });
});

test('a write that a restarted server does not show has an unknown outcome: it could be another server', async () => {
  const fragile = world.openThroughProxy();
  await fragile.query('select 1');
  world.proxy.cutBefore(isStatement(insert.name), { fin: true });
  world.proxy.refuse();
  const outcome = write(fragile).catch((thrown: unknown) => thrown);
  await pair.primary.kill();
  await pair.primary.start();
  world.proxy.heal();
  expect(await outcome).toBeInstanceOf(OutcomeUnknown);
  expect(await eventually(readBack)).toEqual([]);
});

describe('after a crash recovery that shows what the standby does not have', () => {
  const sentence = /was restarted or replaced, and its synchronous standby has not confirmed what it shows/;
  const causeOf = (error: unknown) => ((error as Error).cause as Error).message;
  const crash = {
    'of the server': async () => {
      await pair.primary.kill();
      await pair.primary.start();
    },
    'of one backend': async () => {
      const [row] = await query<{ pid: number }>(
        pair.adminUrl,
        "select pid from pg_stat_activity where backend_type = 'walwriter'",
      );
      process.kill(row?.pid ?? 0, 'SIGKILL');
      await eventually(async () => (await waiting()).length === 0);
    },
  };

  test.each(Object.keys(crash) as (keyof typeof crash)[])(
    '%s, nothing is read until the standby confirms it',
    async (of) => {
      await patient.query('select 1');
      const short = world.open({ queryTimeoutMs: 1_000 });
      pair.link.blackHole();
      const outcome = write(short).catch((thrown: unknown) => thrown);
      await untilOneWaits();
      await crash[of]();
      expect(await outcome).toBeInstanceOf(OutcomeUnknown);
      const refused = await eventually(async () => {
        const error = await patient.query('select from things').catch((thrown: unknown) => thrown);
        return sentence.test(causeOf(error)) && error;
      });
      expect(refused).toBeInstanceOf(Unavailable);
      expect((await waiting()).length).toBeLessThanOrEqual(2); // for `short` and for `patient`, however often they are asked
      pair.link.heal();
      expect(await eventually(readBack)).toEqual([{ id: 1 }]);
    },
  );

  test('a process that has just started can read it but not confirm it; a failover undoes it', async () => {
    const short = world.open({ queryTimeoutMs: 1_000 });
    pair.link.blackHole();
    const outcome = write(short).catch((thrown: unknown) => thrown);
    await untilOneWaits();
    await crash['of the server']();
    expect(await outcome).toBeInstanceOf(OutcomeUnknown);
    const fresh = world.open({ queryTimeoutMs: 1_000 });
    await expect(fresh.query('select id from things')).resolves.toEqual([{ id: 1 }]);
    await expect(fresh.confirmDurable()).rejects.toBeInstanceOf(OutcomeUnknown);
    const { adminUrl } = await pair.failOver();
    const promoted = world.open({ url: Object.assign(new URL(world.url), { port: new URL(adminUrl).port }).href });
    expect(await promoted.query('select from things')).toEqual([]);
    await expect(promoted.confirmDurable()).resolves.toBeUndefined();
  });
});
