import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { ask, startTestServer } from '../../test/test-app.ts';

const fetchWith = async (agent: Agent, url: string) => {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  return { status: response.statusCode, connection: response.headers.connection };
};

test('a stop is announced on kept connections, then new ones are refused and what is in flight is answered', async () => {
  const server = await startTestServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await fetchWith(agent, server.url)).toEqual({ status: 200, connection: 'keep-alive' });
  const slow = ask(`${server.url}/things`, { method: 'POST', body: '{"name":"slow"}' });
  await server.arrived;
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(silent, 'connect');
  silent.resume();

  server.announceStop();
  expect(await fetchWith(agent, server.url)).toEqual({ status: 200, connection: 'close' });
  expect(await ask(server.url)).toMatchObject({ status: 200, headers: { connection: 'close' } });

  const stopped = server.stop();
  const refusal = () =>
    ask(server.url).then(
      () => false,
      (error: unknown) => error,
    );
  expect(await eventually(refusal)).toMatchObject({ code: 'ECONNREFUSED' });
  server.release();
  expect(await slow).toMatchObject({ status: 201 });
  await once(silent, 'close');
  await stopped;
  agent.destroy();
});

test('connections that wait to be accepted when the stop begins are answered, not reset', async () => {
  for (let round = 0; round < 10; round += 1) {
    const server = await startTestServer();
    const answers = Array.from({ length: 30 }, () => ask(server.url));
    await new Promise<void>((resolve) => process.nextTick(resolve)); // now they connect
    const stopped = server.stop();
    for (const { status, headers } of await Promise.all(answers))
      expect([status, headers['connection']]).toEqual([200, 'close']);
    await stopped;
  }
});

test('a silent connection does not delay a stop by more than a moment', async () => {
  const server = await startTestServer();
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(silent.resume(), 'connect');
  const began = performance.now();
  await Promise.all([server.stop(), once(silent, 'close')]);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('stopping does not wait longer than seven seconds for a client that never finishes its request', async () => {
  const server = await startTestServer();
  const dawdler = connect(Number(new URL(server.url).port), '127.0.0.1');
  dawdler.write('POST /things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nContent-Length: 9\r\n\r\n{');
  await ask(server.url);
  await Promise.all([server.stop(), once(dawdler.resume(), 'close')]);
});
