import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startAll, stopAll, type Component } from './lifecycle.ts';
import { createLogger } from './log.ts';

const log = createLogger({ service: 'kit', role: 'test', level: 'silent', pretty: false });

const recorded = (story: string[], fails: Partial<Record<string, 'start' | 'stop'>> = {}) => {
  const act = (name: string, step: 'start' | 'stop') => () => {
    story.push(`${step} ${name}`);
    return fails[name] === step ? Promise.reject(new Error(step)) : Promise.resolve();
  };
  return ['a', 'b', 'c'].map((name): Component => ({ name, start: act(name, 'start'), stop: act(name, 'stop') }));
};

describe('components', () => {
  test('start in order and stop in reverse', async () => {
    const story: string[] = [];
    const components = recorded(story);
    await startAll(components, log);
    await stopAll(components, log);
    expect(story).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('that had started are stopped when one fails to', async () => {
    const story: string[] = [];
    await expect(startAll(recorded(story, { b: 'start' }), log)).rejects.toThrow('start');
    expect(story).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  test('are all stopped although one fails to', async () => {
    const story: string[] = [];
    await stopAll(recorded(story, { b: 'stop' }), log);
    expect(story).toEqual(['stop c', 'stop b', 'stop a']);
  });
});

describe('a process', () => {
  const run = async (stop: string, signals: (pid: number) => Promise<void>, start = 'async () => {}') => {
    const source = `
      import { runUntilSignal } from '${join(import.meta.dirname, 'lifecycle.ts')}';
      import { createLogger } from '${join(import.meta.dirname, 'log.ts')}';
      const announceStop = () => console.log('stopping');
      const component = { name: 'it', start: ${start}, stop: ${stop}, announceStop };
      setInterval(() => {}, 1000);
      setTimeout(() => console.log('ready'), 50);
      const log = createLogger({ service: 'kit', role: 'test', level: 'silent' });
      await runUntilSignal({ components: [component], log, deadlineMs: 1000 });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await signals(child.pid!);
    const [code] = (await exited) as [number];
    return { code, said: said.join('') };
  };
  const term = (pid: number) => Promise.resolve(void process.kill(pid, 'SIGTERM'));

  test('stops what it runs at SIGTERM and exits 0', async () => {
    const { code, said } = await run(`async () => console.log('stopped')`, term);
    expect({ code, said }).toEqual({ code: 0, said: 'ready\nstopping\nstopped\n' });
  });

  test('exits 0 if the same Ctrl-C reaches it twice', async () => {
    const twice = async (pid: number) => {
      await term(pid);
      process.kill(pid, 'SIGINT');
    };
    expect((await run(`() => new Promise((done) => setTimeout(done, 50))`, twice)).code).toBe(0);
  });

  test('gives up with exit code 1 when a component does not stop in time', async () => {
    expect((await run(`() => new Promise(() => {})`, term)).code).toBe(1);
  });

  test('stops a component that is still starting', async () => {
    const { code, said } = await run(`async () => console.log('stopped')`, term, `() => new Promise(() => {})`);
    expect({ code, said }).toEqual({ code: 0, said: 'ready\nstopping\nstopped\n' });
  });

  test('exits 1 when a component cannot start', async () => {
    const { code } = await run(`async () => {}`, () => Promise.resolve(), `async () => { console.log('x'); throw 1; }`);
    expect(code).toBe(1);
  });
});
