import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNativeRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import { commandsOf } from '@mentor-sessions/lab/code-blocks';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import { createVhost } from '@mentor-sessions/local-stack/vhosts';

// The broker as operators set it up, with the commands of the guides, word for word.

const run = promisify(execFile);

/** Says what it is called with. */
const stub = `rabbitmqctl() { '${process.execPath}' -p 'JSON.stringify(process.argv.slice(1))' -- "$@"; }`;

/** The calls of rabbitmqctl in the blocks of a guide that begin with these words. */
const callsIn = async (guide: string, ...beginnings: readonly string[]): Promise<string[][]> => {
  const asked = await Promise.all(beginnings.map((beginning) => commandsOf(guide, beginning)));
  const { stdout } = await run('bash', ['-ec', [stub, ...asked].join('\n')], { cwd: directory.path });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
};

let directory: Awaited<ReturnType<typeof makePrivateDirectory>>;
let broker: Awaited<ReturnType<typeof startNativeRabbitmq>>;
const control = async (args: readonly string[]): Promise<string> => (await broker.control?.(args)) ?? '';

beforeAll(async () => {
  directory = await makePrivateDirectory('set-up');
  broker = await startNativeRabbitmq(directory.path);
}, 60_000);
afterAll(async () => {
  await broker?.kill();
  await directory.remove();
});

test('the commands of the guides give each user what the tests give it', async () => {
  const bookings = await callsIn('for-operators.md', 'echo', 'rabbitmqctl add_user operator');
  const sessions = bookings
    .filter((args) => args.includes('bookings'))
    .map((args) => args.map((arg) => arg.replaceAll('booking', 'session')));
  const subscriber = await callsIn('for-event-consumers.md', 'rabbitmqctl set_permissions');
  const newUser = ['add_user', 'notifications', 'change-me'];
  for (const args of [...bookings, ...sessions, newUser, ...subscriber]) await control(args);

  const vhost = await createVhost(broker, { subscribers: ['notifications'] });
  for (const list of ['list_permissions', 'list_topic_permissions']) {
    const inVhost = async (name: string): Promise<string[]> => {
      const [, ...rows] = (await control([list, '-p', name])).trim().split('\n');
      return rows.filter((row) => !/^(administrator|developer)\t/.test(row)).toSorted();
    };
    const told = await inVhost('/');
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(await inVhost(vhost.name));
  }
  expect(await control(['list_users'])).toMatch(/^operator\t\[impersonator, management\]$/m);
}, 120_000);
