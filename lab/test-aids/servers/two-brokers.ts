import { join } from 'node:path';
import type { Broker } from '@mentor-sessions/local-stack/backing';
import { startNativeRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import { startBrokerOf } from '../../versions/servers.ts';
import { suites } from '../../versions/suites.ts';
import { makePrivateDirectory } from './private-directory.ts';

export type NewBroker = Broker & { readonly directory: string };

/** The broker of this machine, and the newest of Debian's suites with the same administrator's password. */
export const startTwoBrokers = async () => {
  const directory = await makePrivateDirectory('brokers');
  const started: Broker[] = [];
  const close = async (): Promise<void> => {
    for (const broker of started) await broker.kill();
    await directory.remove();
  };
  try {
    const old = await startNativeRabbitmq(join(directory.path, 'old'));
    started.push(old);
    const inside = join(directory.path, 'new');
    const next = await startBrokerOf(suites[2], inside, new URL(old.amqpUrl).password);
    started.push(next);
    return { old, next: { ...next, directory: inside }, close };
  } catch (error) {
    await close();
    throw error;
  }
};
