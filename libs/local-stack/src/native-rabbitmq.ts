import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from './backing.ts';
import { spawnDetached } from './detached-process.ts';
import type { DetachedProcess } from './detached-process.ts';
import { createManagement } from './management.ts';
import { findEpmd } from './native-binaries.ts';
import { freePorts, loopback } from './ports.ts';
import { environment, writeFiles } from './native-rabbitmq-files.ts';
import type { Ports } from './native-rabbitmq-files.ts';
import { waitForRabbitmq } from './readiness.ts';
import { onAnotherPortIfTaken } from './taken-port.ts';

const pickPorts = async (): Promise<Ports> => {
  const [amqp, management, distribution, epmd] = (await freePorts(4)) as [number, number, number, number];
  return { amqp, management, distribution, epmd };
};

/** A private broker in `directory`, on free ports of loopback, with an epmd of its own: other people's nodes stay apart. */
export const startNativeRabbitmq = async (script: string, directory: string): Promise<Broker> => {
  const password = randomBytes(18).toString('base64url');
  const logFile = join(directory, 'rabbitmq.out');
  const log = () => readFileSync(logFile, 'utf8').split('\n').slice(-12).join(' ');
  const amqpUrl = (ports: Ports) => `amqp://administrator:${password}@${loopback}:${ports.amqp}`;
  const managementUrl = (ports: Ports) => `http://administrator:${password}@${loopback}:${ports.management}`;
  const children: DetachedProcess[] = [];

  const end = async (signal: NodeJS.Signals, within: number): Promise<void> => {
    for (const child of children.splice(0).reverse()) await child.end(signal, within);
  };
  const spawnIn = async (file: string, args: string[], ports: Ports): Promise<DetachedProcess> => {
    const child = await spawnDetached({ file, args, env: environment(directory, ports), cwd: directory, logFile });
    children.push(child);
    return child;
  };
  const launch = async (ports: Ports): Promise<void> => {
    const epmd = findEpmd();
    // The node would start one as a daemon that nobody ends.
    if (epmd) await spawnIn(epmd, ['-address', loopback, '-port', String(ports.epmd)], ports);
    const child = await spawnIn(script, [], ports);
    const management = createManagement(managementUrl(ports));
    await waitForRabbitmq(amqpUrl(ports), () => management.get('overview'), { gaveUp: child.hasExited, log });
  };

  const ports = await onAnotherPortIfTaken(async () => {
    await end('SIGKILL', 0);
    const chosen = await pickPorts();
    await writeFiles(directory, chosen, password);
    await launch(chosen);
    return chosen;
  });
  return {
    amqpUrl: amqpUrl(ports),
    managementUrl: managementUrl(ports),
    stop: () => end('SIGTERM', 20_000),
    kill: () => end('SIGKILL', 0),
    start: () =>
      onAnotherPortIfTaken(async () => {
        await end('SIGKILL', 0);
        await launch(ports);
      }),
  };
};
