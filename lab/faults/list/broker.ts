import { createManagement, type Management } from '@mentor-sessions/local-stack/vhosts';
import type { FaultWorld } from '../world/fault-world.ts';

export const vhostOf = ({ stack }: FaultWorld): string => new URL(stack.amqpUrl.split(',')[0] ?? '').pathname.slice(1);

export const managementOf = ({ backing }: FaultWorld): Management =>
  createManagement(backing.broker.managementUrl ?? '');

/** rabbitmqctl. */
export const rabbitmqctl = (world: FaultWorld, ...args: string[]): Promise<string> => {
  const { control } = world.backing.broker;
  if (!control) throw new Error('this broker cannot be controlled');
  return control(args);
};

/** Runs `work` with this value of a setting of the broker, then restores the old value. */
export const withBrokerSetting = async <T>(
  world: FaultWorld,
  name: string,
  value: number,
  work: () => Promise<T>,
): Promise<T> => {
  const given = await rabbitmqctl(world, 'eval', `application:get_env(rabbit, ${name}).`);
  const [, before] = /^\{ok,(\d+)\}/.exec(given) ?? [];
  if (!before) throw new Error(`the broker has no ${name}: ${given}`);
  const set = (to: string) => rabbitmqctl(world, 'eval', `application:set_env(rabbit, ${name}, ${to}).`);
  await set(String(value));
  try {
    return await work();
  } finally {
    await set(before);
  }
};
