import { isCommit, targetOf } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { query } from '@mentor-sessions/local-stack/databases';
import { startPgbouncer } from '@mentor-sessions/lab/servers/pgbouncer';
import type { PostgresPair } from '@mentor-sessions/lab/servers/postgres-pair';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames } from '../world/roles.ts';
import { failOver } from './dba.ts';
import { isWrite, linksOf, throughLinks, untilStruck } from './links.ts';
import { allReady, seconds, untilNextSession } from './steps.ts';

const pairOf = (world: FaultWorld): PostgresPair => world.servers.pair as PostgresPair;

const setting = () => ({ servers: 'pair' as const, ...throughLinks(roleNames, 'database') });

/** Cuts the standby off under load; returns how many commits wait for it at the end. */
const withoutStandby = async (world: FaultWorld, lasts: number): Promise<number> => {
  const { adminUrl, link } = pairOf(world);
  link.blackHole();
  await seconds(lasts);
  const waiting = await query(adminUrl, "select from pg_stat_activity where wait_event = 'SyncRep'");
  world.expect(waiting.length > 0, 'the fault happened: commits waited for the standby', waiting.length);
  world.expect(waiting.length < 60, 'no more backends wait than were at work when the standby went', waiting.length);
  return waiting.length;
};

const cutOff: Fault = {
  id: 'F49 cut off',
  name: 'synchronous standby cut off, then promoted',
  promise: 'nothing answered or published is lost; writes get 503',
  how: 'the link to the standby is a black hole for 10 s under load; kill -9 of the primary, promotion',
  setting,
  run: async (world) => {
    await world.workload.more(100);
    const waited = await withoutStandby(world, 10);
    return `${waited} commits waited; ${await failOver(world)}`;
  },
};

const restartedInPlace: Fault = {
  id: 'F49 restarted in place',
  name: 'primary recovers without its standby, which is promoted later',
  promise: 'recovered data is not answered or published until the standby has it',
  how: 'link to the standby cut for 3 s under load; kill -9 of the primary, start; 6 s later killed again, promotion',
  setting,
  run: async (world) => {
    const { primary } = pairOf(world);
    await world.workload.more(100);
    const waited = await withoutStandby(world, 3);
    await primary.kill();
    await primary.start();
    await seconds(6);
    return `${waited} commits waited; ${await failOver(world)}`;
  },
};

const notSynchronous: Fault = {
  id: 'F49 synchronous_commit off',
  name: 'set for the roles, then PostgreSQL crashes',
  promise: 'nothing answered or published is lost',
  how: 'ALTER ROLE … SET synchronous_commit = off, wal_writer_delay 10 s, new connections; kill -9 of the postmaster under load, start; three times',
  setting: () => ({ servers: 'pair' }),
  run: async (world) => {
    const { adminUrl, primary } = pairOf(world);
    for (const sql of [
      "alter system set synchronous_standby_names = ''",
      "alter system set wal_writer_delay = '10s'",
      'select pg_reload_conf()',
      ...['off', 'local'].map(
        (value, at) => `alter role ${['bookings', 'sessions'][at]}_app set synchronous_commit = ${value}`,
      ),
      "select pg_terminate_backend(pid) from pg_stat_activity where usename like '%\\_app'",
    ])
      await query(adminUrl, sql);
    for (let count = 0; count < 3; count++) {
      await world.workload.more(60);
      await primary.kill();
      await primary.start();
      await untilNextSession(world);
    }
    await allReady(world);
    return 'killed 3 times';
  },
};

const CUTS = 12;

const pooler: Fault = {
  id: 'F49 pooler',
  name: 'response to COMMIT lost behind PgBouncer (session mode)',
  promise: 'one effect; the response is looked up or reported as unknown',
  how: `every role’s connections go through PgBouncer; ${CUTS} COMMITs and ${CUTS} writes of each are cut off from it before the answer, as many before they arrive; every third role’s in silence`,
  setting: () => ({ ...throughLinks(roleNames, 'database'), load: { perSecond: 50 } }),
  run: async (world) => {
    const urls = [world.stack.bookings.databaseUrl, world.stack.sessions.databaseUrl];
    const bouncer = await startPgbouncer({ mode: 'session', urls });
    const links = linksOf(world, roleNames, 'database');
    for (const link of links) link.retarget(targetOf(bouncer.through(urls[0] ?? '')));
    await world.workload.more(20);
    const cuts = links.flatMap((link, index) => {
      const how = { times: CUTS, silent: index % 3 === 2 };
      return [isCommit, isWrite].flatMap((which) => [link.cutAfter(which, how), link.cutBefore(which, how)]);
    });
    const hits = await untilStruck(cuts, { times: CUTS, cuts: roleNames.length, within: 40_000 });
    await untilNextSession(world);
    for (const link of links) link.retarget(targetOf(urls[0] ?? ''));
    await bouncer.close();
    world.expect(hits >= CUTS * 3, 'the fault happened: answers were cut off', hits);
    return `${hits} answers or statements cut off`;
  },
};

export const durability: readonly Fault[] = [cutOff, restartedInPlace, notSynchronous, pooler];
