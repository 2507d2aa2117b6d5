import { seconds } from '../list/steps.ts';
import type { Fault } from '../fault.ts';
import { repository } from '@mentor-sessions/local-stack/launch';
import { roleNames } from '../world/roles.ts';
import type { RoleSetting } from '../world/roles.ts';
import { growthOf, isFlat } from './growth.ts';
import { doHarm } from './harms.ts';
import { takeSample } from './sample.ts';
import type { Sample } from './sample.ts';

export type Length = { readonly rounds: number; readonly secondsEach: number; readonly perSecond: number };

const probed: RoleSetting = {
  through: ['database', 'broker'],
  nodeOptions: ['--expose-gc', '--import', `${repository}lab/faults/soak/probe.mjs`],
};

/** A fault each round, a sample after it; whatever grows from the second quarter to the last is a broken promise. */
export const soak = (
  { rounds, secondsEach, perSecond }: Length,
  onSample: (sample: Sample, harm: string) => void,
): Fault => ({
  id: 'soak',
  name: 'a fault each minute, for a long time',
  promise: 'heap after garbage collection, memory, handles and connections stay as they are',
  how: `${rounds} rounds of ${secondsEach} s, ${perSecond} bookings a second`,
  setting: () => ({
    roles: Object.fromEntries(roleNames.map((name) => [name, probed])),
    load: { bookings: 0, perSecond, moved: 0.5 },
  }),
  run: async (world) => {
    const startedAt = performance.now();
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round++) {
      const harm = await doHarm(world, round);
      await seconds(Math.max(0, (round + 1) * secondsEach - (performance.now() - startedAt) / 1_000));
      const sample = await takeSample(world, startedAt);
      samples.push(sample);
      onSample(sample, harm);
    }
    const grown = growthOf(samples).filter((each) => !isFlat(each));
    world.expect(grown.length === 0, 'what a process holds does not grow', grown);
    return `${samples.length} samples, ${grown.length} of them grow`;
  },
});
