import type { Fault } from '../fault.ts';
import { rabbitmqctl, withBrokerSetting } from './broker.ts';
import { seconds, untilNextSession } from './steps.ts';

/** Arguments of rabbitmqctl that raise and clear the alarm. */
const limits = {
  memory: [
    ['set_vm_memory_high_watermark', 'absolute', '1MB'],
    ['set_vm_memory_high_watermark', 'absolute', '1GB'],
  ],
  disk: [
    ['set_disk_free_limit', '90000GB'],
    ['set_disk_free_limit', '50MB'],
  ],
} as const;

const alarm = (id: string, kind: 'memory' | 'disk'): Fault => ({
  id,
  name: `broker ${kind} alarm`,
  promise: 'publishing waits; consumers and apis continue',
  how: `rabbitmqctl raises the ${kind} alarm for 12 s under load`,
  setting: () => ({ load: { perSecond: 40 } }),
  run: async (world) => {
    const [on, off] = limits[kind];
    await world.workload.more(60);
    await rabbitmqctl(world, ...on);
    try {
      await seconds(12);
    } finally {
      await rabbitmqctl(world, ...off);
    }
    return `first session ${await untilNextSession(world)} ms after the alarm was over`;
  },
});

const consumerTimeout: Fault = {
  id: 'F40',
  name: 'a message held beyond the broker’s consumer timeout',
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
    await withBrokerSetting(world, 'consumer_timeout', 5_000, () => seconds(80));
    return `first session ${await untilNextSession(world)} ms later`;
  },
};

export const alarms: readonly Fault[] = [alarm('F29', 'memory'), alarm('F29 disk', 'disk'), consumerTimeout];
