import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { launch, type Launched } from '@mentor-sessions/local-stack/launch';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { fromDebian } from '@mentor-sessions/lab/debian-command';
import { pythonWithPika } from '@mentor-sessions/lab/python';
import { openSessionWire, untilConsumed } from '@mentor-sessions/lab/session-wire';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { completedSession } from '../../../libs/messaging/test/completed-session.ts';
import { strangersFolder } from './stranger.ts';

let backing: Backing;
let vhost: Vhost;
let folder: string;
const running: Launched[] = [];

beforeAll(async () => {
  folder = await strangersFolder();
  backing = await startPrivateBacking();
  vhost = await createVhost(backing.broker, { subscribers: ['notifications', 'emails', 'letters'] });
  const wire = await openSessionWire(vhost.amqpUrl);
  await wire.close();
}, 180_000);
afterAll(async () => {
  for (const child of running) await child.end('SIGTERM', 10_000);
  await backing?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** As the README says, with Debian's packages; compiled first, so that the process that is ended is the program. */
const compiledGo = async (): Promise<{ file: string; args: string[] }> => {
  const go = await fromDebian(['golang-go', 'golang-github-rabbitmq-amqp091-go-dev'], () =>
    ['/usr/bin/go', '/usr/share/gocode/src/github.com/rabbitmq/amqp091-go'].every(existsSync)
      ? '/usr/bin/go'
      : undefined,
  );
  const file = join(folder, 'consume');
  const env = { PATH: process.env['PATH'], HOME: folder, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' };
  const source = fileURLToPath(new URL('../consume.go', import.meta.url));
  for (const args of [
    ['vet', source],
    ['build', '-o', file, source],
  ])
    await promisify(execFile)(go, args, { env });
  return { file, args: [] };
};

const start = async (user: string, command: { file: string; args: string[] }): Promise<() => string[]> => {
  const logFile = join(folder, `${user}.log`);
  const env = { PATH: process.env['PATH'], AMQP_URL: vhost.urls[user] };
  running.push(await launch({ ...command, cwd: folder, logFile, env }));
  const printed = /^([0-9a-f-]{36}) [0-9a-f-]{36} /;
  return () =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .flatMap((line) => printed.exec(line)?.[1] ?? []);
};

const events = (): ReturnType<typeof completedSession>[] => Array.from({ length: 20 }, () => completedSession());
const idsOf = (some: readonly { id: string }[]): string[] => some.map(({ id }) => id).toSorted();

describe('twenty lines in an empty directory survive a restart of the broker and ignore copies', () => {
  const cases = [
    [
      'TypeScript, with the packed libraries',
      'notifications',
      async () => ({ file: process.execPath, args: ['consume.ts'] }),
    ],
    [
      'Python',
      'emails',
      async () => ({ file: await pythonWithPika(), args: [fileURLToPath(new URL('../consume.py', import.meta.url))] }),
    ],
    ['Go', 'letters', compiledGo],
  ] as const;

  test.each(cases)(
    '%s',
    async (_, user, command) => {
      const seen = await start(user, await command());
      const [before, after] = [events(), events()];
      const wire = await openSessionWire(vhost.amqpUrl);
      const queue = `${user}.session-completed`;
      await untilConsumed(vhost.amqpUrl, queue);
      await wire.publish(before, 3);
      await eventually(() => seen().length >= before.length, { describe: 'all are handled' });
      await wire.close();
      await backing.broker.stop(); // in an orderly way: a queue that is seconds old would not survive a kill -9 of a lone 3.10
      await backing.broker.start();
      const again = await eventually(() => openSessionWire(vhost.amqpUrl), {
        within: 30_000,
        describe: 'the broker is back',
      });
      await eventually(() => again.publish([...before, ...after], 2).then(() => true), { within: 30_000 });
      await eventually(() => seen().length >= 40, { within: 30_000, describe: 'the new ones are handled' });
      await eventually(async () => (await again.waiting(queue)) === 0);
      await again.close();
      expect(seen().toSorted()).toEqual(idsOf([...before, ...after]));
    },
    120_000,
  );
});

test('the packed library has its tables as .sql files, and reads them', async () => {
  const sql = '\\set app surveys_app\n\\ir node_modules/@mentor-sessions/messaging/sql/inbox.sql\n';
  const program = `import { readSql } from '@mentor-sessions/messaging/sql';
console.log(readSql(new URL('surveys.sql', import.meta.url)));`;
  await writeFile(join(folder, 'surveys.sql'), sql);
  await writeFile(join(folder, 'print.ts'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['print.ts'], { cwd: folder });
  expect(stdout).toMatch(/create table inbox [^]*grant select, insert on inbox to surveys_app;/);
});
