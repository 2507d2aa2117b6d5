import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, repository, type Launched } from '@mentor-sessions/local-stack/launch';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { codeBlocks } from '@mentor-sessions/lab/code-blocks';
import { copyLibraries } from '@mentor-sessions/lab/packed';
import { pythonWithPika } from '@mentor-sessions/lab/python';
import { openSessionWire, untilConsumed, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { completedSession } from '../../libs/messaging/test/completed-session.ts';
import { openRegistry } from './registry.ts';

// Follows docs/for-event-consumers.md word for word, in an empty directory.

const run = promisify(execFile);
const guide = readFileSync(join(repository, 'docs/for-event-consumers.md'), 'utf8');

/** The first code block of a language that contains these words. */
const code = (language: string, words: string): string => {
  const found = codeBlocks(guide, language).find((block) => block.includes(words));
  if (!found) throw new Error(`the guide has no ${language} with ${words}`);
  return found;
};
const linesOf = (program: string): number => program.trim().split('\n').length;

let folder: string;
let project: string;
let env: Record<string, string>;
let vhost: Vhost;
let wire: SessionWire;
let registry: Awaited<ReturnType<typeof openRegistry>>;
const running: Launched[] = [];

const shell = (script: string, cwd = project) => run('bash', ['-ec', script], { cwd, env, timeout: 120_000 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-newcomer-'));
  project = join(folder, 'empty');
  await mkdir(project);
  registry = await openRegistry();
  vhost = await createVhost(testBacking().broker, { subscribers: ['notifications', 'emails'] });
  wire = await openSessionWire(vhost.amqpUrl);
  env = {
    PATH: `${join(repository, 'node_modules/.bin')}:${process.env['PATH']}`,
    HOME: folder,
    PACKAGES: folder,
    CLONE: repository,
    AMQP_URL: vhost.urls['notifications'] ?? '',
    npm_config_registry: registry.url,
    npm_config_cache: join(folder, 'cache'),
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
  };
  await shell(code('bash', 'npm pack'), await copyLibraries(folder));
  await shell(code('bash', 'npm init -y'));
}, 300_000);
afterAll(async () => {
  for (const child of running) await child.end('SIGTERM', 10_000);
  await wire?.close();
  await vhost?.close();
  registry?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Runs a command of the guide, sends an event once it consumes, and expects it to be printed. */
const sees = async (command: string, user: string): Promise<void> => {
  const logFile = join(folder, `${user}.log`);
  const given = { ...env, AMQP_URL: vhost.urls[user] ?? '' };
  const child = await launch({ file: 'bash', args: ['-c', `exec ${command}`], cwd: project, logFile, env: given });
  running.push(child);
  await untilConsumed(vhost.amqpUrl, `${user}.session-completed`);
  const event = completedSession();
  await wire.publish([event], 2);
  await eventually(() => child.log().includes(`${event.id} ${event.data.sessionId}`), { describe: 'it is printed' });
};

test('the TypeScript of the guide, at most 12 lines, handles an event', async () => {
  const program = code('ts', 'untilSignal');
  expect(linesOf(program)).toBeLessThanOrEqual(12);
  await writeFile(join(project, 'consume.ts'), program);
  await sees(code('bash', 'node consume.ts'), 'notifications');
}, 60_000);

test('it type-checks in strict mode, with the types of all libraries checked and none installed beside', async () => {
  await writeFile(join(project, 'handle.ts'), code('ts', 'new Rejected'));
  await writeFile(join(project, 'handle.test.ts'), code('ts', 'aMessage(sessionCompleted)'));
  const strict =
    '--strict --skipLibCheck false --module nodenext --target es2024 --noEmit --allowImportingTsExtensions';
  await shell(`node ${join(repository, 'node_modules/typescript/bin/tsc')} ${strict} consume.ts handle.test.ts`);
}, 120_000);

test('the test kit of the guide shows what it says', async () => {
  const { stdout } = await shell('node handle.test.ts');
  expect(code('ts', 'aMessage(sessionCompleted)')).toContain(`// ${stdout.trim()}`);
});

test('neither a pretty printer nor an HTTP server comes with the packages', async () => {
  const { stdout } = await shell('npm ls --all --parseable');
  expect(stdout).toContain('amqplib');
  expect(stdout).not.toMatch(/pino-pretty|express/);
});

test('the command for dead letters is there', async () => {
  const { stdout } = await shell(code('bash', 'npx mentor-dead-letters'));
  expect(stdout).toBe('No open dead letters.\n');
});

test('the Python of the guide, at most 40 lines, handles an event', async () => {
  await pythonWithPika();
  expect(linesOf(readFileSync(join(repository, 'examples/twenty-lines/consume.py'), 'utf8'))).toBeLessThanOrEqual(40);
  await sees(code('bash', 'consume.py'), 'emails');
}, 60_000);
