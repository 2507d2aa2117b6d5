import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { ask, startTestServer } from './test-app.ts';

const fetchWith = async (agent: Agent, url: string) => {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  return { status: response.statusCode, connection: response.headers.connection };
};

test('stopping answers what is in flight and what comes on kept connections, refuses new ones, then ends', async () => {
  const server = await startTestServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await fetchWith(agent, server.url)).toEqual({ status: 200, connection: 'keep-alive' });
  const slow = ask(`${server.url}/things`, { method: 'POST', body: '{"name":"slow"}' });
  await server.arrived;
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(silent, 'connect');
  silent.resume();

  const stopped = server.stop();
  expect(await fetchWith(agent, server.url)).toEqual({ status: 200, connection: 'close' });
  await expect(ask(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  server.release();
  expect(await slow).toMatchObject({ status: 201, headers: { connection: 'close' } });
  await once(silent, 'close');
  await stopped;
  agent.destroy();
});

test('stopping cuts off a client that never finishes its request', async () => {
  const server = await startTestServer();
  const dawdler = connect(Number(new URL(server.url).port), '127.0.0.1');
  dawdler.write('POST /things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nContent-Length: 9\r\n\r\n{');
  await ask(server.url);
  await Promise.all([server.stop(), once(dawdler.resume(), 'close')]);
});
