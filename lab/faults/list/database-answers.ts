import { isCommit, type Cut } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { databaseName } from '@mentor-sessions/local-stack/databases';
import type { Fault } from '../fault.ts';
import { roleNames, services } from '../world/roles.ts';
import { onServer } from './dba.ts';
import { isWrite, linksOf, throughLinks, untilStruck } from './links.ts';
import { seconds } from './steps.ts';

const CUTS = 12;

const commitLost: Fault = {
  id: 'F19',
  name: 'response to COMMIT lost',
  promise: 'one effect; the response is looked up or reported as unknown',
  how: `proxy: after every role’s ${CUTS} next COMMITs (or the statements that commit by themselves) the connection is cut before the answer; every third time in silence`,
  setting: () => ({ ...throughLinks(roleNames, 'database'), load: { perSecond: 50 } }),
  run: async (world) => {
    const links = linksOf(world, roleNames, 'database');
    const cuts: Cut[] = [];
    for (const [index, link] of links.entries()) {
      await world.workload.more(10);
      const silent = index % 3 === 2;
      cuts.push(link.cutAfter(isCommit, { times: CUTS, silent }), link.cutAfter(isWrite, { times: CUTS, silent }));
    }
    const hits = await untilStruck(cuts, { times: CUTS, cuts: roleNames.length, within: 25_000 });
    world.expect(hits >= CUTS * 3, 'the fault happened: answers were cut off', hits);
    return `${hits} answers cut off`;
  },
};

const commitNotSent: Fault = {
  id: 'F19 before',
  name: 'COMMIT never reaches PostgreSQL',
  promise: 'no effect; retried',
  how: `proxy: every role’s ${CUTS} next COMMITs are not forwarded, the connection is cut`,
  setting: () => ({ ...throughLinks(roleNames, 'database'), load: { perSecond: 50 } }),
  run: async (world) => {
    const cuts = linksOf(world, roleNames, 'database').flatMap((link) => [
      link.cutBefore(isCommit, { times: CUTS }),
      link.cutBefore(isWrite, { times: CUTS }),
    ]);
    const hits = await untilStruck(cuts, { times: CUTS, cuts: roleNames.length, within: 25_000 });
    world.expect(hits >= CUTS * 3, 'the fault happened: commits were cut off', hits);
    return `${hits} commits cut off`;
  },
};

const ours = `from pg_stat_activity where datname in ($1, $2) and pid <> pg_backend_pid() and usename like '%\\_app'`;

const terminated: Fault = {
  id: 'F18',
  name: 'random PostgreSQL backends terminated every 50 ms',
  promise: 'retried, or 503',
  how: 'pg_terminate_backend of one random connection of ours every 50 ms for 8 s',
  setting: () => ({ load: { perSecond: 60 } }),
  run: async (world) => {
    const names = services.map((service) => databaseName(world.stack[service].databaseUrl));
    let count = 0;
    const end = performance.now() + 8_000;
    while (performance.now() < end) {
      const backends = await onServer<{ pid: number }>(world, `select pid ${ours}`, names);
      if (backends.length > 0) {
        await onServer(world, 'select pg_terminate_backend($1)', [world.random.pick(backends).pid]);
        count += 1;
      }
      await seconds(0.05);
    }
    return `${count} backends terminated`;
  },
};

const listening: Fault = {
  id: 'F32',
  name: 'LISTEN connections lost',
  promise: 'published after the poll interval at the latest',
  how: 'pg_terminate_backend of every wake-up connection, 10 times, and idle ones in between',
  run: async (world) => {
    for (let count = 0; count < 10; count++) {
      await onServer(
        world,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outbox wake-up'",
      );
      await seconds(0.4);
    }
    return '10 times all of them';
  },
};

export const databaseAnswers: readonly Fault[] = [terminated, commitLost, commitNotSent, listening];
