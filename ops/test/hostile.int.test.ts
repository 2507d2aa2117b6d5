import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ConsoleProcess } from '@mentor-sessions/local-stack/system';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '@mentor-sessions/lab/people';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { openWire, type Wire } from '../../lab/e2e/wire.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let wire: Wire;
let ops: Ops;
let running: ConsoleProcess;
let authorization: string;

beforeAll(async () => {
  world = await createWorld();
  await world.startReady('sessions consumer');
  wire = await openWire(world.stack.amqpUrl);
  ops = opsWith(opsEnvironment(world.stack));
  running = await world.startConsole();
  authorization = `Bearer ${await world.stack.token(people['an operator'])}`;
}, 90_000);
afterAll(async () => {
  await wire.close();
  await world.close();
}, 60_000);

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${running.url}api/${path}`, {
    ...init,
    headers: { authorization, 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
  });
const post = async (path: string, body: object) => {
  const answer = await ask(path, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

// terminal attacks: window title, cleared screen, clipboard, C1 controls, reversed text, faked lines
const hostile = '\u001b]0;PWNED\u0007\u001b[2J\u001b]52;c;cm0K\u0007\u009b2J\u202eerohsa\u200b\nAll is well.\r';
// eslint-disable-next-line no-control-regex
const obeyed = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

const letters = async () => json(await ops('dead-letters', 'list', '--each')) as Record<string, string>[];
const groups = async () => json(await ops('dead-letters', 'list')) as Record<string, string & number>[];

test('control characters from a sender never reach an operator’s terminal, as text or as JSON', async () => {
  const properties = { messageId: hostile, type: hostile, headers: { [hostile]: hostile } };
  await wire.publish(Buffer.from(`{"type":"${hostile}`), properties);
  await wire.publish({ id: randomUUID(), type: hostile, specversion: hostile }, properties);
  await eventually(async () => (await letters()).length === 2, { describe: 'two dead letters' });
  const [first, second] = await letters();
  const looks = [
    ['dead-letters', 'list'],
    ['dead-letters', 'list', '--each'],
    ['dead-letters', 'show', String(first?.['id'])],
    ['dead-letters', 'show', String(second?.['id'])],
    ['dead-letters', 'replay', '--all', '--because', hostile, '--operator', hostile],
    ['workers', 'pause', 'consumer', '--service', 'sessions', '--because', hostile, '--operator', hostile],
    ['workers', 'list'],
    ['workers', 'resume', 'consumer', '--service', 'sessions', '--because', 'tested'],
    ['workers', 'resume', hostile, '--service', 'sessions', '--because', 'tested'],
    ['status'],
    ['status', hostile],
    ['trace', hostile],
  ];
  for (const look of looks) {
    const [text, data] = await Promise.all([ops(...look, '--text'), ops(...look, '--json')]);
    for (const said of [text.out, text.err, data.out, data.err])
      expect({ look, said }).toEqual({ look, said: expect.not.stringMatching(obeyed) });
    if (data.out) JSON.parse(data.out);
    if (look[0] !== 'status') expect(text.out.split('\n')).not.toContain('All is well.');
  }
  const shown = json(await ops('dead-letters', 'show', String(first?.['id'])));
  expect(shown).toMatchObject({ messageId: hostile, headers: { [hostile]: hostile } });
}, 300_000);

test('an action on a group is refused if the group has changed since it was shown', async () => {
  await world.rows.sessions.query('delete from replays');
  await world.rows.sessions.query("update dead_letters set resolved_at = now(), resolution = 'discarded'");
  for (const n of [1, 2]) await wire.publish(Buffer.from(`{"broken ${n}`), { messageId: randomUUID() });
  const [group] = await eventually(async () => (await groups())[0]?.['count'] === 2 && groups());
  const { service, queue, reason, fingerprint, countedAt: until } = group!;
  expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
  const shown = { service, queue, reason, fingerprint, until, count: 2, because: 'tested' };

  for (const wrong of [
    { ...shown, count: 1 },
    { ...shown, count: 3 },
    { ...shown, queue: 'another.queue' },
    { ...shown, reason: 'another-reason' },
  ]) {
    const refused = await post('dead-letters/discard', wrong);
    expect(refused).toMatchObject({ status: 409, body: { code: 'not-as-shown' } });
  }
  const byGroup = ['--group', String(fingerprint), '--because', 'tested'];
  for (const act of [['replay'], ['discard', '--yes']])
    for (const [count, said] of [
      [[], 'Add --count'],
      [['--count', '1'], '2 dead letters match, not 1'],
    ] as const) {
      const { code, err } = await ops('dead-letters', ...act, ...byGroup, ...count);
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) });
    }
  expect((await groups())[0]?.['count']).toBe(2);

  await wire.publish(Buffer.from('{"broken 3'), { messageId: randomUUID() });
  await eventually(async () => (await groups())[0]?.['count'] === 3, { describe: 'the group has grown' });
  expect(await post('dead-letters/discard', shown)).toEqual({ status: 200, body: { count: 2 } });
  expect((await groups())[0]?.['count']).toBe(1);
  const ran = await ops('dead-letters', 'discard', ...byGroup, '--count', '1', '--yes');
  expect(json(ran)).toEqual({ matching: 1, discarded: 1 });
}, 180_000);

const statusWith = (...headers: string[]) =>
  new Promise((resolve, reject) => {
    const asking = request(`${running.url}api/events`, { headers });
    asking.once('error', reject).once('response', (answer) => resolve(answer.destroy().statusCode));
    asking.end();
  });

test('the console’s event stream ends when its token expires, and rejects two Authorization headers', async () => {
  const short = `Bearer ${await world.stack.token({ ...people['an operator'], expiresIn: 8 })}`;
  const stream = await ask('events', { headers: { authorization: short } });
  expect(stream.status).toBe(200);
  await stream.text(); // resolves when the stream has ended
  const [one, twice] = [
    ['Authorization', authorization],
    ['Authorization', authorization, 'Authorization', short],
  ];
  expect([await statusWith(...one), await statusWith(...twice)]).toEqual([200, 401]);
}, 60_000);

test('in production an action requires the name of a person', async () => {
  const { OPERATOR: _, ...environment } = opsEnvironment(world.stack);
  const act = ['dead-letters', 'replay', '--all', '--because', 'tested'];
  for (const [more, args, said] of [
    [{}, [], 'Who acts? Use --operator <your name>'],
    [{ OPERATOR: 'cluster' }, [], '"cluster" is a shared account'],
    [{}, ['--operator', 'root'], '"root" is a shared account'],
  ] as const) {
    const { code, err } = await opsWith({ ...environment, NODE_ENV: 'production', ...more })(...act, ...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) });
  }
  expect((await opsWith({ ...environment, NODE_ENV: 'production' })(...act, '--operator', 'olga')).code).toBe(0);
}, 60_000);
