import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { portsItListensOn } from '@mentor-sessions/local-stack/launch';
import { runOps, spawnOps } from '@mentor-sessions/lab/run-ops';

// The other tests run commands in their own process (ops.ts); here it is a real one. No server listens on port 1.
const env = {
  BOOKINGS_OPERATOR_DATABASE_URL: 'postgres://operator:secret@127.0.0.1:1/bookings',
  SESSIONS_OPERATOR_DATABASE_URL: 'postgres://operator:secret@127.0.0.1:1/sessions',
  OPERATOR_AMQP_URL: 'amqp://operator:secret@127.0.0.1:1',
  LOCAL_STACK_FOLDER: '/nowhere',
};

test('the process exits with 0 if all is fine, 1 if action is needed, and 2 on a usage error', async () => {
  const [help, status, wrong] = await Promise.all([
    runOps(['--help'], env),
    runOps(['status'], env),
    runOps(['status', '--nonsense'], env),
  ]);
  expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Usage: ops') });
  expect(status).toMatchObject({ code: 1, err: '', out: expect.stringContaining('bookings: ') });
  expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringContaining("unknown option '--nonsense'") });
}, 60_000);

test('a reader that closes the pipe early causes no error', async () => {
  const child = spawnOps(['--help'], env);
  let err = '';
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdout.destroy();
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
}, 60_000);

test('the console serves without its databases, and stops on SIGTERM with 0', async () => {
  const child = spawnOps(['console'], {
    ...env,
    OPS_CONSOLE_PORT: '0',
    AUTH_ISSUER: 'https://issuer.test/',
    AUTH_AUDIENCE: 'operators',
    AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks',
  });
  let log = '';
  for await (const text of child.stdout) {
    log += String(text);
    if (portsItListensOn(log).has('console')) break;
  }
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'close');
  expect({ code, signal }).toEqual({ code: 0, signal: null });
}, 60_000);
