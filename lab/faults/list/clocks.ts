import { globSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromDebian } from '@mentor-sessions/lab/debian-command';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import type { RoleName, RoleSetting } from '../world/roles.ts';
import { seconds } from './steps.ts';

const found = (): string | undefined => globSync('/usr/lib/*/faketime/libfaketime.so.1')[0];

export const ensureClockLibrary = async (): Promise<void> => void (await fromDebian(['libfaketime'], found));

/** The wall clock of a process, not its monotonic one, which does not jump in reality either. */
const faked = (more: Record<string, string>): RoleSetting => ({
  env: { LD_PRELOAD: found() ?? '', FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '1', ...more },
});

const apart: Fault = {
  id: 'F31',
  name: 'clocks an hour apart',
  promise: 'times and order come from the database',
  how: 'libfaketime: apis and one relay an hour ahead, the consumer and the other relay an hour behind',
  prepare: ensureClockLibrary,
  setting: () => ({
    roles: {
      'bookings api': faked({ FAKETIME: '+3600s' }),
      'bookings relay': faked({ FAKETIME: '-3600s' }),
      'sessions consumer': faked({ FAKETIME: '-3600s' }),
      'sessions relay': faked({ FAKETIME: '+3600s' }),
      'sessions api': faked({ FAKETIME: '+3600s' }),
    },
  }),
  run: async (world) => {
    await world.workload.more(300);
    return 'as promised';
  },
};

const jumpingRoles: readonly RoleName[] = ['bookings relay', 'sessions consumer', 'sessions relay'];

/** One file for all processes: only one run at a time uses the machine. */
const offsetFile = { path: '' };

/** For processes whose clock `jumpClocks` sets. */
export const jumpingClocks = (): RoleSetting => {
  offsetFile.path = join(tmpdir(), `mentor-sessions-clock-${process.pid}`);
  return faked({ FAKETIME_TIMESTAMP_FILE: offsetFile.path });
};

/** Sets the clocks by these offsets in seconds, then by random ones, so many times. */
export const jumpClocks = async (world: FaultWorld, first: readonly number[], count: number): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-clock-'));
  try {
    for (let n = 0; n < count; n++) {
      const offset = first[n] ?? world.random.int(-7_200, 7_200);
      await writeFile(join(directory, 'next'), `${offset < 0 ? '' : '+'}${offset}s\n`);
      await rename(join(directory, 'next'), offsetFile.path);
      await seconds(n < first.length ? 3 : 0.3);
    }
  } finally {
    await rm(directory, { recursive: true });
    await rm(offsetFile.path, { force: true });
  }
  return `${count} jumps`;
};

const jumping: Fault = {
  id: 'F31 jumps',
  name: 'clocks that jump',
  promise: 'timers are monotonic',
  how: 'libfaketime: the workers’ clocks jump by up to ± 2 h every 300 ms, 20 times',
  prepare: ensureClockLibrary,
  setting: () => {
    const jumps = jumpingClocks();
    return { roles: Object.fromEntries(jumpingRoles.map((name) => [name, jumps])) };
  },
  run: (world) => jumpClocks(world, [], 20),
};

export const clocks: readonly Fault[] = [apart, jumping];
