import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWorld } from '../e2e/world.ts';
import type { World } from '../e2e/world.ts';
import { familiesOf } from './exposition.ts';
import { everyRole } from '@mentor-sessions/local-stack/system';
import { startEveryRole, walk } from './walk.ts';
import type { Roles } from './walk.ts';

let world: World;
let roles: Roles;
let pages: Map<string, string>;
beforeAll(async () => {
  world = await createWorld();
  roles = await startEveryRole(world);
  await walk(world, roles);
  const scrape = async (name: (typeof everyRole)[number]) =>
    [name, await (await fetch(`${roles[name].adminUrl}/metrics`)).text()] as const;
  pages = new Map(await Promise.all(everyRole.map(scrape)));
}, 90_000);
afterAll(() => world.close(), 60_000);

/** `name(labels) of roles`, one line for each metric. */
const line = (name: string, labels: readonly string[], of: readonly string[]): string =>
  `${name}(${labels.toSorted().join(', ')}) of ${of.toSorted().join(', ')}`;

const exposed = (): string[] => {
  const seen = new Map<string, { labels: Set<string>; of: string[] }>();
  for (const [role, page] of pages) {
    for (const [name, labels] of familiesOf(page)) {
      const entry = seen.get(name) ?? { labels: new Set(), of: [] };
      seen.set(name, { labels: new Set([...entry.labels, ...labels]), of: [...entry.of, role] });
    }
  }
  return [...seen].map(([name, { labels, of }]) => line(name, [...labels], of));
};

const words = (cell: string): string[] => cell.split(',').flatMap((word) => word.trim() || []);

/** The roles that a group of metrics is of. */
const rolesIn = (cell: string): string[] =>
  words(cell).flatMap((word) =>
    everyRole.filter((role) => word === 'all' || role === word || role.endsWith(` ${word}`)),
  );

const documented = (): string[] => {
  const page = readFileSync(new URL('../../docs/for-operators.md', import.meta.url), 'utf8');
  const [, section = ''] = /^## Metrics$(.*?)^## /ms.exec(page) ?? [];
  const groups = [...section.matchAll(/^\| \*\*([\w, ]+)\*\* \|.*\n((?:\| `.*\n)+)/gm)];
  return groups.flatMap(([, of = '', rows = '']) =>
    [...rows.matchAll(/^\| `(\w+)` \|([^|]*)\|/gm)].map(([, name = '', labels = '']) =>
      line(name, words(labels), rolesIn(of)),
    ),
  );
};

test('each role shows exactly the metrics, with exactly the labels, that the page for operators has', () => {
  expect(exposed().toSorted()).toEqual(documented().toSorted());
});

test('each metric is named as Prometheus asks: its unit at the end, in base units; _total is for counters and for them alone', () => {
  const types = [...pages.values()].flatMap((page) => [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)]);
  const ours = types.filter(([, name = '']) => !/^(process|nodejs)_/.test(name));
  const wrong = ours.filter(([, name = '', type]) => (type === 'counter') !== name.endsWith('_total'));
  expect(wrong.map(([text]) => text)).toEqual([]);
  const histograms = ours.filter(([, , type]) => type === 'histogram').map(([, name = '']) => name);
  expect(histograms.filter((name) => !/_(seconds|messages)$/.test(name))).toEqual([]);
});

const value = (role: (typeof everyRole)[number], series: string): number => {
  const found = pages
    .get(role)
    ?.split('\n')
    .find((text) => text.startsWith(`${series} `));
  return Number(found?.split(' ')[1]);
};

test.each([
  ['bookings api', 'transitions_total{aggregate="booking",from="draft",to="accepted",result="done"}', 1],
  ['sessions api', 'transitions_total{aggregate="session",from="scheduled",to="in_progress",result="done"}', 1],
  ['sessions api', 'transitions_total{aggregate="session",from="in_progress",to="completed",result="done"}', 1],
  ['sessions api', 'transitions_total{aggregate="session",from="",to="completed",result="forbidden"}', 1],
  ['sessions api', 'http_problems_total{code="forbidden"}', 1],
  ['sessions consumer', 'sessions_created_total', 1],
  ['sessions consumer', 'sessions_by_status{status="completed"}', 1],
  ['sessions consumer', 'consumer_commit_to_handled_seconds_count{queue="sessions.booking-accepted"}', 1],
  ['bookings consumer', 'consumer_messages_total{queue="bookings.session-events",outcome="handled"}', 3],
  ['bookings consumer', 'bookings_accepted_without_session{older_than_seconds="0"}', 0],
  ['bookings relay', 'outbox_messages_total{result="published"}', 1],
  ['sessions relay', 'outbox_messages_total{result="published"}', 3],
  ['sessions relay', 'outbox_pending_messages', 0],
  ['sessions relay', 'broker_connected{connection="publisher"}', 1],
  ['sessions consumer', 'broker_connected{connection="drain"}', 1],
  ['sessions consumer', 'broker_connections_opened_total{connection="consumer"}', 1],
  ['sessions consumer', 'broker_connection_failures_total{connection="consumer"}', 0],
  ['sessions api', 'database_query_duration_seconds_count{statement="session-update"}', 2],
  ['sessions api', 'service_ready', 1],
] as const)('after one walk %s says %s %d', (role, series, expected) => {
  expect(value(role, series)).toBe(expected);
});
