import { readFile } from 'node:fs/promises';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import type { Role } from '../world/roles.ts';
import { allReady, countOf, expectWithin, metricOf } from './steps.ts';

/** stdout goes to a reader process, whose id is the first line of the log. */
const throughAReader = ['bash', '-c', 'exec > >(exec cat); echo "{\\"logReader\\":$!}" >&2; exec "$@"', 'bash'];
const dyingAtSigusr2 = `--import=data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => { throw new Error('the last words'); });",
)}`;

const logOf = ({ logFile }: Role): Promise<string> => readFile(logFile, 'utf8');

const signalReader = async (role: Role, name: NodeJS.Signals): Promise<void> => {
  const pids = [...(await logOf(role)).matchAll(/^\{"logReader":(\d+)\}$/gm)].map(([, pid]) => Number(pid));
  process.kill(pids.at(-1)!, name);
};

const flood = async ({ url }: Role, count: number): Promise<void> => {
  for (let n = 0; n < count; n += 20)
    await Promise.all(Array.from({ length: 20 }, async () => (await fetch(`${url}/bookings/${'x'.repeat(2_000)}`)).text())); // prettier-ignore
};

const heartbeats = async (world: FaultWorld): Promise<number> => {
  const fresh = "select from workers where stopped_at is null and seen_at > clock_timestamp() - interval '15 s'";
  const both = await Promise.all([world.rows.bookings.query(fresh), world.rows.sessions.query(fresh)]);
  return both.flat().length;
};

const read = { under: throughAReader, env: { LOG_LEVEL: 'debug' }, nodeOptions: [dyingAtSigusr2] };

const stalled: Fault = {
  id: 'F54',
  name: 'the log reader stalls',
  promise: 'processes continue; dropped lines are counted',
  how: 'the readers of stdout of bookings api, bookings relay and sessions consumer stand still under load at LOG_LEVEL=debug; SIGTERM to each meanwhile, then the readers go on',
  setting: () => ({
    roles: { 'bookings api': read, 'bookings relay': read, 'sessions consumer': read },
    load: { perSecond: 60 },
  }),
  run: async (world) => {
    const api = world.role('bookings api');
    const harmed = [api, world.role('bookings relay'), world.role('sessions consumer')];
    await world.workload.more(40);
    await Promise.all(harmed.map((role) => signalReader(role, 'SIGSTOP')));
    const before = await countOf(world, 'sessions', 'inbox');
    await Promise.all([world.workload.more(400), flood(api, 4_000)]);
    const handled = async () => (await countOf(world, 'sessions', 'inbox')) - before;
    await expectWithin(world, 60_000, 'messages are handled', async () => (await handled()) > 200, handled);
    await expectWithin(world, 30_000, 'every heartbeat is fresh', async () => (await heartbeats(world)) === 6);
    const dropped = await metricOf(api, /log_lines_dropped_total/);
    world.expect(dropped > 0, 'lines that are missing are counted', dropped);

    await signalReader(api, 'SIGCONT');
    const isSaid = async () => (await logOf(api)).includes('"msg":"log lines dropped');
    await expectWithin(world, 30_000, 'the log says how many are missing when it is read again', isSaid);
    await signalReader(api, 'SIGSTOP');
    await flood(api, 400);
    await Promise.all(harmed.map((role) => role.restart()));
    for (const { name, endings } of harmed)
      world.expect(endings.join() === '0', `${name} ends in time at SIGTERM, its reader standing still`, endings);
    await allReady(world);
    return `${dropped} lines dropped and said so; three processes ended at SIGTERM with their readers stalled`;
  },
};

const crashed: Fault = {
  id: 'F54 crash',
  name: 'a process crashes while its log is read',
  promise: 'its last line has the reason; another process continues',
  how: 'an exception that nothing catches in bookings api, bookings relay and sessions consumer, in turn, under load at LOG_LEVEL=debug',
  setting: () => ({ roles: { 'bookings api': read, 'bookings relay': read, 'sessions consumer': read } }),
  run: async (world) => {
    for (const name of ['bookings api', 'bookings relay', 'sessions consumer'] as const) {
      const role = world.role(name);
      await world.workload.more(60);
      role.current().signal('SIGUSR2');
      const isSaid = async () => /"level":"fatal".*the last words/.test(await logOf(role));
      await expectWithin(world, 30_000, `${name} says why it ends`, isSaid);
      await expectWithin(world, 30_000, `${name} ends`, () => role.endings.length === 1);
    }
    await allReady(world);
    return 'three crashes, three last lines';
  },
};

export const logReaders: readonly Fault[] = [stalled, crashed];
