import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';

const LINES = 20_000; // about 3 MB: more than a pipe and the buffer hold

const folder = mkdtempSync(join(tmpdir(), 'mentor-sessions-log-'));
afterAll(() => rmSync(folder, { recursive: true }));
const running: ChildProcess[] = [];
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));

const program = `
  import { createLogger, droppedLogLines } from '${join(import.meta.dirname, '..', 'log.ts')}';
  import { runUntilSignal } from '${join(import.meta.dirname, '..', 'lifecycle.ts')}';
  const log = createLogger({ service: 'kit', role: 'test', pretty: false });
  const component = { name: 'it', start: async () => {}, stop: async () => {} };
  process.on('SIGUSR2', () => Promise.reject(new Error('the last words')));
  setInterval(() => process.stderr.write('turning\\n'), 100);
  void runUntilSignal({ components: [component], log });
  for (let n = 0; n < ${LINES}; n += 1) log.info({ n, pad: 'x'.repeat(80) }, 'line');
  process.stderr.write('dropped ' + droppedLogLines() + '\\n');`;

/** A process that has written all its lines to a reader which has not read one of them yet. */
const start = async (stdout: number | 'pipe') => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', stdout, 'pipe'] });
  running.push(child);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const dropped = await eventually(() => /dropped (\d+)/.exec(said)?.[1], { within: 30_000, describe: 'it wrote' });
  const turns = said.length;
  await eventually(() => said.length > turns, { describe: 'its event loop turns' });
  return { child, dropped: Number(dropped) };
};

const linesOf = (text: string) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore

/** Each line whole, in order, and as many as are missing are reported missing. */
const expectAccounted = (text: string, dropped: number): void => {
  const lines = linesOf(text);
  const numbers = lines.flatMap(({ n }) => (typeof n === 'number' ? [n] : []));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  const reported = lines.reduce((sum, line) => sum + Number(line['dropped'] ?? 0), 0);
  expect({ missing: LINES - numbers.length, reported }).toEqual({ missing: dropped, reported: dropped });
};

describe.each(['a FIFO', 'a socket'])('a reader of %s that stops reading', (kind) => {
  let read: () => string;
  let from: number | 'pipe' = 'pipe';
  let opened: number[] = [];
  let number = 0;
  beforeEach(() => {
    if (kind !== 'a FIFO') return;
    const path = join(folder, `fifo-${number++}`);
    spawnSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    opened = [reader, openSync(path, constants.O_WRONLY)];
    from = opened[1]!;
    const buffer = Buffer.alloc(65_536);
    let text = '';
    read = () => {
      try {
        for (let count; (count = readSync(reader, buffer));) text += buffer.toString('latin1', 0, count);
      } catch {
        // nothing there at the moment
      }
      return text;
    };
  });
  afterEach(() => opened.splice(0).forEach((fd) => closeSync(fd)));

  const begin = async () => {
    const started = await start(from);
    if (kind === 'a FIFO') return started;
    let text = '';
    read = () => {
      started.child.stdout?.setEncoding('utf8').on('data', (more: string) => (text += more));
      read = () => text;
      return text;
    };
    return started;
  };

  test('stops nothing; the lines that are missing are counted, and said when it reads again', async () => {
    const { dropped } = await begin();
    expect(dropped).toBeGreaterThan(0);
    await eventually(() => read().includes(`"n":${LINES - 1},`), { describe: 'the last line' });
    expectAccounted(read(), dropped);
  }, 60_000);

  test('does not keep SIGTERM from ending the process', async () => {
    const { child } = await begin();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  }, 60_000);

  test('does not keep a crash from ending the process', async () => {
    const { child } = await begin();
    child.kill('SIGUSR2');
    expect(await once(child, 'exit')).toEqual([1, null]);
  }, 60_000);

  test('gets the last lines of a crashed process once it reads again', async () => {
    const { child } = await begin();
    await eventually(() => read().includes(`"n":${LINES - 1},`), { describe: 'the last line' });
    child.kill('SIGUSR2');
    expect(await once(child, 'exit')).toEqual([1, null]);
    await eventually(() => read().includes('the last words'), { describe: 'the last words' });
    const last = linesOf(read()).at(-1);
    expect(last).toMatchObject({ level: 'fatal', msg: 'uncaught exception', err: { message: 'the last words' } });
  }, 60_000);
});

test('a reader that has gone does not end the process', async () => {
  const { child } = await start('pipe');
  child.stdout?.destroy();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 60_000);

test('a file gets every line', async () => {
  const path = join(folder, 'file');
  const file = openSync(path, 'w');
  const { child, dropped } = await start(file);
  closeSync(file);
  child.kill('SIGTERM');
  await once(child, 'exit');
  expect(dropped).toBe(0);
  expectAccounted(readFileSync(path, 'utf8'), 0);
}, 60_000);
