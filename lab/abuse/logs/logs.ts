import { randomUUID } from 'node:crypto';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { everyRole, type RoleName } from '@mentor-sessions/local-stack/system';
import { aMessage } from '../../e2e/a-message.ts';
import { acceptedBooking, bookingRequest, mentee, mentor } from '../../e2e/bookings.ts';
import { openWire } from '../../e2e/wire.ts';
import { createWorld, type World } from '../../e2e/world.ts';
import { speak } from '../http/raw.ts';
import { verdict, type Part, type Verdict } from '../part.ts';
import { send } from '@mentor-sessions/lab/send';
import { faultsIn } from './lines.ts';

const canary = `canary${randomUUID().replaceAll('-', '')}`;
const address = `${canary}@example.com`;
const forged = `\r\n{"level":"error","msg":"${canary}"}\u001b[2J\u001b[31m\n`;
const texts = [
  canary,
  address,
  `password=${canary}`,
  forged,
  `\u0000${canary}`,
  `postgres://u:${canary}@h/x`,
  `${canary}'; drop table bookings`,
];

const inHeaders = [
  'user-agent',
  'referer',
  'cookie',
  'origin',
  'if-match',
  'traceparent',
  'x-forwarded-for',
  'accept',
  'content-type',
  'idempotency-key',
  'authorization',
  'x-api-key',
];

const plain = (text: string): string => [...text].filter((letter) => letter >= ' ').join('');

/** Secrets in every field, header, parameter and path of both APIs, in valid and in refused requests. */
const throughHttp = async (urls: readonly string[], token: string): Promise<number> => {
  let count = 0;
  const say = async (url: string, path: string, sent: Parameters<typeof send>[2]) => {
    await send(url, path, sent);
    count += 1;
  };
  const asMentee = ['authorization', `Bearer ${token}`, 'content-type', 'application/json'];
  for (const url of urls)
    for (const text of texts) {
      const inUrl = encodeURIComponent(text);
      for (const path of [
        `/bookings/${inUrl}`,
        `/sessions/${inUrl}`,
        `/${inUrl}`,
        `/bookings?cursor=${inUrl}`,
        `/sessions?${inUrl}=1`,
        `/sessions?token=${inUrl}`,
      ])
        await say(url, path, { headers: asMentee });
      for (const name of inHeaders)
        await say(url, '/bookings', { headers: [name, plain(text), ...(name === 'authorization' ? [] : asMentee)] });
      await say(url, '/bookings', { headers: ['authorization', `Bearer ${token}.${canary}`] });
      await say(url, '/bookings', { headers: ['x-request-id', token, ...asMentee] });
      const good = bookingRequest({});
      for (const field of [...Object.keys(good), 'notes', 'metadata', 'email', 'password', text])
        await say(url, '/bookings', {
          method: 'POST',
          headers: asMentee,
          body: JSON.stringify({ ...good, [field]: text }),
        });
      await say(url, '/bookings', {
        method: 'POST',
        headers: asMentee,
        body: JSON.stringify({ ...good, metadata: { [plain(text).slice(0, 40)]: text } }),
      });
      await say(url, '/bookings', { method: 'POST', headers: asMentee, body: `{"notes":"${text}` });
      await speak(url, `GET /${plain(text)} HTTP/1.1\r\nHost: ${plain(text)}\r\nX: ${text}\r\n\r\n`, 300);
      count += 1;
    }
  return count;
};

/** Secrets in every field and property of a message: valid, refused, and with a failing handler. */
const throughTheBroker = async (world: World): Promise<number> => {
  const wire = await openWire(world.stack.amqpUrl);
  let count = 0;
  const publish = async (body: unknown, properties = {}) => {
    await wire.publish(body, properties);
    count += 1;
  };
  for (const text of texts) {
    const good = aMessage({ notes: plain(text), metadata: { [plain(text).slice(0, 40)]: plain(text) } });
    await publish(good);
    for (const field of Object.keys(good.data)) await publish({ ...aMessage(), data: { ...good.data, [field]: text } });
    for (const attribute of Object.keys(good)) await publish({ ...aMessage(), [attribute]: text });
    await publish(Buffer.from(text));
    await publish(aMessage(), {
      headers: { [plain(text).slice(0, 40)]: text },
      correlationId: plain(text),
      appId: plain(text),
      userId: undefined,
    });
    await publish(aMessage({ notes: text, start: '0000-01-01T00:00:00.000Z' })); // PostgreSQL's error detail quotes the row
  }
  await eventually(async () => (await wire.waiting()).queue === 0, { within: 60_000, describe: 'the queue is empty' });
  await wire.close();
  return count;
};

const run = async (): Promise<Verdict[]> => {
  const world = await createWorld(undefined, { LOG_LEVEL: 'trace' });
  try {
    const processes = await world.startReady(...everyRole);
    const of = (name: RoleName) => processes[everyRole.indexOf(name)]!;
    const [bookings, sessions] = [of('bookings api'), of('sessions api')];
    const { sessionId } = await acceptedBooking(world.client(bookings), {
      notes: address,
      metadata: { mail: address },
    });
    const asked = world.client(sessions);
    await eventually(async () => (await asked('GET', `/sessions/${sessionId}`, { as: mentee })).status === 200);
    await asked('PATCH', `/sessions/${sessionId}/start`, { as: mentor });
    const token = await world.stack.token(mentee);
    const requests = await throughHttp([bookings.url, sessions.url], token);
    const messages = await throughTheBroker(world);
    const failed = async () =>
      (await world.rows.sessions.query("select 1 from dead_letters where reason = 'handler-failed'")).length;
    await eventually(async () => (await failed()) > 0, { within: 30_000, describe: 'a handler has failed' });
    await Promise.all(processes.map((process) => process.end('SIGTERM', 10_000)));
    const passwords = [world.stack.bookings, world.stack.sessions].flatMap(({ databaseUrl, amqpUrl }) =>
      [databaseUrl, amqpUrl].map((url) => new URL(url).password),
    );
    const secrets = [canary, token.split('.')[2] ?? token, ...passwords];
    const logs = processes.map((process) => process.log());
    const lines = logs.reduce((sum, log) => sum + log.split('\n').length, 0);
    const faults = logs.flatMap((log, index) => faultsIn(everyRole[index] ?? '', log, secrets));
    const seen = `${requests} requests and ${messages} messages with canaries, ${lines} lines of 5 processes at level trace`;
    return [
      verdict(
        'no token, note, metadata, e-mail address or password in any log',
        seen,
        faults.filter((fault) => / leaks: /.test(fault)),
      ),
      verdict(
        'no caller can forge or colour a line',
        'every line is one JSON object of ours',
        faults.filter((fault) => !/ leaks: /.test(fault)),
      ),
    ];
  } finally {
    await world.close();
  }
};

export const logs: Part = { name: 'logs', run };
