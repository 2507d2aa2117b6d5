import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Broker } from './backing.ts';
import { createManagement } from './management.ts';
import { freePorts, loopback } from './ports.ts';
import { environment, writeFiles } from './native-rabbitmq-files.ts';
import type { Ports } from './native-rabbitmq-files.ts';
import { spawnRabbitmq } from './rabbitmq-processes.ts';
import type { NodeProcesses } from './rabbitmq-processes.ts';
import { waitForRabbitmq } from './readiness.ts';
import { onAnotherPortIfTaken } from './taken-port.ts';

const run = promisify(execFile);

const pickPorts = async (): Promise<Ports> => {
  const [amqp, management, distribution, epmd] = (await freePorts(4)) as [number, number, number, number];
  return { amqp, management, distribution, epmd };
};

/** A private broker in `directory`, on free ports of loopback, with an epmd of its own: other people's nodes stay apart. `more` is configuration. */
export const startNativeRabbitmq = async (script: string, directory: string, more?: string): Promise<Broker> => {
  const password = randomBytes(18).toString('base64url');
  const logFile = join(directory, 'rabbitmq.out');
  const log = () => readFileSync(logFile, 'utf8').split('\n').slice(-12).join(' ');
  const amqpUrl = (ports: Ports) => `amqp://administrator:${password}@${loopback}:${ports.amqp}`;
  const managementUrl = (ports: Ports) => `http://administrator:${password}@${loopback}:${ports.management}`;
  let processes: NodeProcesses | undefined;

  const end = async (signal: NodeJS.Signals, within: number): Promise<void> => processes?.end(signal, within);
  const launch = async (ports: Ports): Promise<void> => {
    const epmdArgs = ['-address', loopback, '-port', String(ports.epmd)];
    processes = await spawnRabbitmq({ script, directory, logFile, env: environment(directory, ports), epmdArgs });
    const management = createManagement(managementUrl(ports));
    const gaveUp = processes.hasExited;
    await waitForRabbitmq(amqpUrl(ports), () => management.get('overview'), { gaveUp, log });
  };

  const ports = await onAnotherPortIfTaken(async () => {
    await end('SIGKILL', 0);
    const chosen = await pickPorts();
    await writeFiles(directory, chosen, { password, ...(more && { more }) });
    await launch(chosen);
    return chosen;
  });
  return {
    amqpUrl: amqpUrl(ports),
    managementUrl: managementUrl(ports),
    control: async (args) => {
      const options = { env: environment(directory, ports), cwd: directory };
      return (await run(join(dirname(script), 'rabbitmqctl'), ['--quiet', ...args], options)).stdout;
    },
    stop: () => end('SIGTERM', 20_000),
    kill: () => end('SIGKILL', 0),
    start: () =>
      onAnotherPortIfTaken(async () => {
        await end('SIGKILL', 0);
        await launch(ports);
      }),
  };
};
