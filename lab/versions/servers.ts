import { globSync } from 'node:fs';
import { join } from 'node:path';

import { startNativeRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import type { Broker } from '@mentor-sessions/local-stack/backing';
import { rootOf, type Suite } from './suites.ts';

/** In the root directory of the suite, which must exist. */
export const startBrokerOf = (suite: Suite, directory: string, password?: string): Promise<Broker> => {
  const root = rootOf(suite);
  const [script = ''] = globSync(`${root}/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server`);
  const where = [root, root, suite.postgres, directory];
  const prefix = ['unshare', '--mount', join(import.meta.dirname, 'cell.sh'), ...where];
  return startNativeRabbitmq(directory, { password, program: { script: script.slice(root.length), prefix } });
};

/** Programs of PostgreSQL find the libraries of their own suite. */
export const binariesOf = (suite: Suite): string => `${rootOf(suite)}/usr/lib/postgresql/${suite.postgres}/bin`;
