import { brokerTool, commandsUnder, runCommands } from '@mentor-sessions/lab/guide-commands';
import type { NewBroker } from '@mentor-sessions/lab/servers/two-brokers';
import { makeRoot, suites } from '../../versions/suites.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { onBroker } from '../world/moved.ts';
import type { RoleName, Service } from '../world/roles.ts';
import { vhostOf } from './broker.ts';
import { longestGap } from './cluster.ts';
import { failed, REQUESTS } from './rolling.ts';
import { until } from './steps.ts';

/** The environment of the guide's commands: both nodes by name, and the queue of a subscriber that is away. */
const surroundings = (world: FaultWorld, next: NewBroker) => {
  const tools = { old: world.backing.broker.tool, new: next.tool };
  return {
    functions: ['rabbitmqctl', 'rabbitmq-plugins'].map((name) => brokerTool(name, tools)).join('\n'),
    env: {
      ...world.operator(),
      OLD: 'old',
      NEW: 'new',
      VHOST: vhostOf(world),
      QUEUE: 'spy.everything',
      OLD_AMQP_URL: world.stack.amqpUrl,
      OPERATOR_AMQP_URL: onBroker(world.stack, next).operatorAmqpUrl,
    },
  };
};

const versionOf = async ({ control }: NewBroker): Promise<string> => {
  const said = await control?.(['eval', 'rabbit_misc:version().']);
  return `RabbitMQ ${said?.trim().replaceAll('"', '')}`;
};

/** Restarts these roles with the new broker. */
const moveRoles = async (world: FaultWorld, names: readonly RoleName[]): Promise<void> => {
  const roles = names.flatMap((name) => world.roles(name));
  for (const role of roles) role.configure({ AMQP_URL: world.stack[role.name.split(' ')[0] as Service].amqpUrl });
  await Promise.all(roles.map((role) => role.restart()));
  await Promise.all(roles.map((role) => role.waitReady()));
};

export const brokerUpgrade: Fault = {
  id: 'F59 rabbitmq',
  name: 'a broker of a later version takes over',
  promise: 'no request fails, first copies stay in order, nothing is left on the old broker',
  how: `RabbitMQ of this machine and ${suites[2].rabbitmq} beside it; the guide’s commands word for word; a subscriber that is away; the old broker is stopped; at least ${REQUESTS} requests`,
  isAboutVersions: true,
  prepare: () => makeRoot(suites[2], (line) => process.stderr.write(`${line}\n`)),
  setting: () => ({ servers: 'two brokers', load: { bookings: 1_500, perSecond: 60, moved: 0.7 } }),
  run: async (world) => {
    const { backing, workload } = world;
    const next = world.servers.newBroker as NewBroker;
    const [define = '', pause = '', move = '', drain = '', resume = ''] = await commandsUnder(
      'docs/upgrades.md',
      'RabbitMQ',
    );
    const inShell = surroundings(world, next);
    await workload.more(300);
    await runCommands(define, { ...inShell, cwd: next.directory }); // where the broker may read the file
    await runCommands(pause, inShell);
    world.moveBroker(next);
    await moveRoles(world, ['bookings relay', 'sessions relay']);
    await runCommands(move, inShell);
    await runCommands(drain, inShell);
    await moveRoles(world, ['bookings consumer', 'sessions consumer']);
    await runCommands(resume, inShell);
    await workload.more(300);
    await runCommands(drain, inShell);
    await backing.broker.stop();
    await until(() => world.history.operations.length >= REQUESTS, 60_000);
    const bad = failed(world);
    world.expect(bad.length === 0, 'no request fails', bad.slice(0, 5));
    return `${await versionOf(next)} took over; events waited ${(await longestGap(world)).toFixed(1)} s; ${world.history.operations.length} requests, ${bad.length} failed`;
  },
};
