import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { people } from '@mentor-sessions/lab/people';
import { newSigning, publicKeys, signToken } from '@mentor-sessions/local-stack/tokens';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services, type Service } from '../world/roles.ts';
import { managementOf, rabbitmqctl, vhostOf } from './broker.ts';
import { onServer } from './dba.ts';
import { keysFile, ownKeySet, removeKeys, restoreKeys, writeKeys } from './key-set.ts';
import { expectWithin, seconds, untilNextSession } from './steps.ts';

const newPassword = (): string => randomBytes(18).toString('hex');

const withPassword = (url: string, password: string): string => Object.assign(new URL(url), { password }).href;

/** The processes get the new secret as in a cluster: they are restarted one after the other. */
const rollOut = async (world: FaultWorld, service: Service, variable: string, value: string): Promise<void> => {
  for (const role of world.allRoles().filter(({ name }) => name.startsWith(service))) {
    role.configure({ [variable]: value });
    await role.restart();
  }
};

const database: Fault = {
  id: 'F41',
  name: 'database password changed',
  promise: '503 until the new password is rolled out',
  how: 'alter role … password and all its backends terminated; 2 s later restarts with the new DATABASE_URL',
  run: async (world) => {
    await world.workload.more(60);
    for (const service of services) {
      const password = newPassword();
      const backends = 'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1';
      await onServer(world, `alter role ${service}_app password '${password}'`);
      await onServer(world, backends, [`${service}_app`]);
      await seconds(2);
      await rollOut(world, service, 'DATABASE_URL', withPassword(world.stack[service].databaseUrl, password));
    }
    return `first session ${await untilNextSession(world)} ms after the roll-out`;
  },
};

const broker: Fault = {
  id: 'F41 broker',
  name: 'broker password changed',
  promise: 'apis continue; workers wait until the new password is rolled out',
  how: 'PUT /api/users/… and all connections of the vhost closed; 2 s later restarts with the new AMQP_URL',
  run: async (world) => {
    await world.workload.more(60);
    for (const service of services) {
      const password = newPassword();
      await managementOf(world).put(`users/${service}`, { password, tags: '' });
      await rabbitmqctl(world, 'close_all_connections', '--vhost', vhostOf(world), 'password changed');
      await seconds(2);
      await rollOut(world, service, 'AMQP_URL', withPassword(world.stack[service].amqpUrl, password));
    }
    return `first session ${await untilNextSession(world)} ms after the roll-out`;
  },
};

const keys: Fault = {
  id: 'F41 keys',
  name: 'signing keys rotated',
  promise: 'old and new tokens are valid; a removed key is not; no request fails',
  how: 'the key set gets a second key, and loses it again, under load',
  setting: ownKeySet,
  run: async (world) => {
    const old = JSON.parse(readFileSync(keysFile(), 'utf8')) as ReturnType<typeof publicKeys>;
    const signing = await newSigning();
    const answer = async (service: Service): Promise<string> => {
      const token = await signToken(signing, people['its mentee']);
      return (await world.http[service].send({ method: 'GET', path: `/${service}`, token })).answer;
    };
    const all = async (expected: string): Promise<boolean> =>
      (await Promise.all(services.map(answer))).every((each) => each === expected);
    await world.workload.more(60);
    writeKeys([...old.keys, ...publicKeys(signing).keys]);
    await expectWithin(world, 10_000, 'tokens of the new key are good', () => all('200'));
    await world.workload.more(60);
    restoreKeys();
    const isRefused = () => all('401 unauthenticated');
    await expectWithin(world, 10_000, 'tokens of a key that was taken away are refused', isRefused);
    await world.workload.more(60);
    removeKeys();
    const failed = world.history.operations.filter(
      ({ answer: each }) => each.startsWith('401') || each.startsWith('5'),
    );
    world.expect(failed.length === 0, 'no request fails while keys rotate', failed.slice(0, 3));
    return `${world.history.operations.length} requests, ${failed.length} failed`;
  },
};

export const credentials: readonly Fault[] = [database, broker, keys];
