import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { seconds, untilNextSession } from './steps.ts';

const control = (world: FaultWorld, ...args: string[]): Promise<string> => {
  const { control: run } = world.backing.broker;
  if (!run) throw new Error('this broker cannot be told anything');
  return run(args);
};

const alarm = (id: string, kind: 'memory' | 'disk'): Fault => ({
  id,
  name: `${kind} alarm of the broker`,
  promise: 'publishing waits; consumers and apis continue',
  how: `rabbitmqctl raises the ${kind} alarm for 12 s under load`,
  setting: () => ({ load: { perSecond: 40 } }),
  run: async (world) => {
    const [on, off]: readonly [string[], string[]] =
      kind === 'memory'
        ? [
            ['set_vm_memory_high_watermark', 'absolute', '1MB'],
            ['set_vm_memory_high_watermark', 'absolute', '1GB'],
          ]
        : [
            ['set_disk_free_limit', '90000GB'],
            ['set_disk_free_limit', '50MB'],
          ];
    await world.workload.more(60);
    await control(world, ...on);
    try {
      await seconds(12);
    } finally {
      await control(world, ...off);
    }
    return `first session ${await untilNextSession(world)} ms after the alarm was over`;
  },
});

const consumerTimeout: Fault = {
  id: 'F40',
  name: 'a message held beyond the consumer timeout of the broker',
  promise: 'redelivered, one effect',
  how: 'consumer_timeout of 5 s; the consumer stands still for 75 s with a batch in its hands (the broker looks once a minute)',
  setting: (random) => ({
    roles: {
      'sessions consumer': {
        points: (generation) => (generation === 0 ? `consumer.committed:pause=75000@${random.int(3, 12)}` : undefined),
      },
    },
    load: { perSecond: 8 },
  }),
  run: async (world) => {
    await control(world, 'eval', 'application:set_env(rabbit, consumer_timeout, 5000).');
    try {
      await seconds(80);
    } finally {
      await control(world, 'eval', 'application:set_env(rabbit, consumer_timeout, 1800000).');
    }
    return `first session ${await untilNextSession(world)} ms later`;
  },
};

export const alarms: readonly Fault[] = [alarm('F29', 'memory'), alarm('F29 disk', 'disk'), consumerTimeout];
