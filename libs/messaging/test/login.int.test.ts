import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createManagement, createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { openConnection, userOf } from '../src/broker/connect.ts';

let vhost: Vhost;
beforeAll(async () => {
  vhost = await createVhost(testBacking().broker);
});
afterAll(() => vhost.close());

const username = 'jürgen €';
test.each([
  ['beyond ASCII', 'größe €', 'gr%C3%B6%C3%9Fe%20%E2%82%AC'],
  ['beyond ASCII, not encoded', 'größe €', 'größe €'],
  ['with every reserved character, encoded', ':/?#[]@%', '%3A%2F%3F%23%5B%5D%40%25'],
  ['with a % that encodes nothing', '100% é', '100%%20%C3%A9'],
])('a login may have a password %s', async (_, password, written) => {
  const management = createManagement(testBacking().broker.managementUrl ?? '');
  const user = `users/${encodeURIComponent(username)}`;
  await management.put(user, { password, tags: '' });
  try {
    await management.put(`permissions/${vhost.name}/${encodeURIComponent(username)}`, {
      configure: '',
      write: '',
      read: '',
    });
    const url = Object.assign(new URL(vhost.amqpUrl), { username, password: written }).href;
    const broker = { urls: [url], name: 'login' };
    expect(userOf(broker)).toBe(username);
    const connection = await openConnection(broker, new AbortController().signal);
    await connection.close();
  } finally {
    await management.delete(user);
  }
});
