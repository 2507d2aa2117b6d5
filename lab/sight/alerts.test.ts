import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { debianCommand } from '@mentor-sessions/lab/debian-command';

const run = promisify(execFile);
const repository = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, repository), 'utf8');
const cwd = new URL('deploy/prometheus/', repository);

const rules = read('deploy/prometheus/alerts.yml')
  .split(/^ +- alert: /m)
  .slice(1);
const alerts = rules.map((rule) => ({
  name: /^\w+/.exec(rule)?.[0] ?? '',
  severity: /severity: (\w+)/.exec(rule)?.[1] ?? '',
  runbook: /runbook_url: (\S+)/.exec(rule)?.[1] ?? '',
}));
const runbook = read('docs/runbook.md');

/** The anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Severity and entry of each alert, from the first line of the runbook's sections: `**Alert**, **Another** (page)`. */
const listed = runbook.split(/^#+ /m).flatMap((section) => {
  const entry = `docs/runbook.md#${anchorOf(section.split('\n', 1)[0] ?? '')}`;
  return [...section.matchAll(/((?:\*\*\w+\*\*(?:, )?)+) \((page|ticket)\)/g)].flatMap(
    ([, names = '', severity = '']) =>
      [...names.matchAll(/\w+/g)].map(([name]) => ({ name, severity, runbook: entry })),
  );
});

test('Prometheus takes the configuration and the rules', async () => {
  const promtool = await debianCommand('promtool', 'prometheus');
  await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd });
}, 300_000);

test('each alert fires when it should, and is silent just below', async () => {
  const promtool = await debianCommand('promtool', 'prometheus');
  const { stdout } = await run(promtool, ['test', 'rules', 'alerts.test.yml'], { cwd }).catch((error: unknown) => {
    throw new Error((error as { stderr: string }).stderr || String(error));
  });
  expect(stdout).toContain('SUCCESS');
}, 300_000);

test('of each alert both are tested', () => {
  const cases = [...read('deploy/prometheus/alerts.test.yml').matchAll(/- name: (.*)$/gm)].map(([, name]) => name);
  expect(cases.toSorted()).toEqual(alerts.flatMap(({ name }) => [`${name} fires`, `${name} is silent`]).toSorted());
});

const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);

test('the runbook lists each alert, with its severity and the entry to which its runbook_url leads', () => {
  expect(alerts.length).toBeGreaterThan(10);
  expect(listed.toSorted(byName)).toEqual(alerts.toSorted(byName));
});

test.each(alerts)('the entry of $name is there', ({ runbook: url }) => {
  expect(anchors).toContain(url.split('#')[1]);
});
