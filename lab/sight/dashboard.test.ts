import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { openWire } from '../e2e/wire.ts';
import { createWorld } from '../e2e/world.ts';
import type { World } from '../e2e/world.ts';
import { startPrometheus } from './prometheus.ts';
import type { Prometheus } from './prometheus.ts';
import { startEveryRole, walk } from './walk.ts';

type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[] };

const dashboard = new URL('../../deploy/grafana/dashboards/mentor-sessions.json', import.meta.url);
const { panels } = JSON.parse(readFileSync(dashboard, 'utf8')) as { panels: readonly Panel[] };
const expressions = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));

let world: World;
let prometheus: Prometheus;
beforeAll(async () => {
  world = await createWorld();
  const roles = await startEveryRole(world);
  prometheus = await startPrometheus(roles);
  await eventually(async () => (await prometheus.query('up == 1')).length === 6, { describe: 'all are scraped' });
  await walk(world, roles);
  const done = 'sum(http_request_duration_seconds_count{route="/sessions/{id}/complete"}) == 2';
  await eventually(async () => (await prometheus.query(done)).length > 0, { describe: 'the walk is seen' });
  await walk(world, roles); // a series that starts with its first event shows no increase
  const wire = await openWire(world.stack.amqpUrl);
  await wire.publish(Buffer.from('no JSON'));
  await wire.close();
  await eventually(async () => (await prometheus.query('dead_letters_open == 1')).length > 0, {
    within: 20_000,
    describe: 'the dead letter is seen',
  });
}, 300_000);
afterAll(async () => {
  await prometheus?.end();
  await world.close();
}, 60_000);

const numbersOf = async (expression: string): Promise<number[]> =>
  (await prometheus.query(expression)).map(({ value: [, number] }) => Number(number));

test('there are many', () => expect(expressions.length).toBeGreaterThan(30));

test.each(expressions)('%s: %s returns numbers', async (_, expr) => {
  const expression = expr.replaceAll(/\$__(rate_interval|range)/g, '2m');
  await eventually(async () => (await numbersOf(expression)).some(Number.isFinite), {
    within: 20_000,
    describe: `${expression} has a number`,
  });
});

test('the dead letter raises an alert', async () => {
  const firing = `ALERTS{alertname="DeadLettersNew", alertstate="firing", queue="sessions.booking-accepted"}`;
  await eventually(async () => (await numbersOf(firing)).length === 1, { within: 20_000, describe: 'the alert fires' });
});

test('and nothing else does', async () => {
  const firing = await prometheus.query('ALERTS{alertstate="firing", alertname!="DeadLettersNew"}');
  expect(firing.map(({ metric }) => metric['alertname'])).toEqual([]);
});
