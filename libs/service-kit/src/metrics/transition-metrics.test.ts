import { beforeEach, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { Conflict, Forbidden } from '../errors.ts';
import { countTransitions, type CountTransition } from './transition-metrics.ts';

const transitions = {
  start: { from: 'scheduled', to: 'in_progress' },
  complete: { from: 'in_progress', to: 'completed' },
};

let registry: Registry;
let counting: CountTransition<keyof typeof transitions>;
beforeEach(() => {
  registry = new Registry();
  counting = countTransitions(registry, 'session', transitions);
});

const counted = async (): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith('transitions_total') && !line.endsWith(' 0'));

test('each transition starts at 0', async () => {
  const page = await registry.metrics();
  expect(page).toContain('transitions_total{aggregate="session",from="scheduled",to="in_progress",result="done"} 0');
  expect(page).toContain('transitions_total{aggregate="session",from="in_progress",to="completed",result="done"} 0');
});

test('new effects, and repeated responses', async () => {
  const done = { askedBy: undefined };
  expect(await counting('start', Promise.resolve(done))).toBe(done);
  await counting('start', Promise.resolve({ askedBy: 'the same caller' }));
  expect(await counted()).toEqual([
    'transitions_total{aggregate="session",from="scheduled",to="in_progress",result="done"} 1',
    'transitions_total{aggregate="session",from="scheduled",to="in_progress",result="repeated"} 1',
  ]);
});

test.each([
  [
    'its status, where that was the reason',
    new Conflict('invalid-transition', 'No.', { currentStatus: 'completed' }),
    'completed',
    'invalid-transition',
  ],
  ['no status, where no one looked at it', new Forbidden('No.'), '', 'forbidden'],
  ['no status, where it is a bug', new Error('a bug'), '', 'internal'],
])('a refusal is counted with %s, and thrown', async (_, error, from, result) => {
  await expect(counting('complete', Promise.reject(error))).rejects.toBe(error);
  expect(await counted()).toEqual([
    `transitions_total{aggregate="session",from="${from}",to="completed",result="${result}"} 1`,
  ]);
});
