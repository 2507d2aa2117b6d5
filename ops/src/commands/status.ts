import { Command } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import { answering } from '../command.ts';
import { age, short, table, time, type Column } from '../output.ts';
import { howMany } from '../counted.ts';
import { readStatus, type Part, type Status } from '../status.ts';

/** One screen: whether bookings become sessions, and what is in the way. */
export const statusCommand = (): Command =>
  new Command('status')
    .description('one screen: outboxes, queues, dead letters, drift, workers, connections, bindings')
    .action(
      answering(async (run) => {
        const status = await readStatus(run);
        return { data: status, text: screen(status), isToDo: status.problems.length > 0 };
      }),
    );

const screen = (status: Status): string =>
  [
    section('Outboxes', status.outboxes, [
      ['service', (row) => row.service],
      ['pending', (row) => row.pending],
      ['parked', (row) => row.parked],
      ['retried', (row) => row.retrying],
      ['oldest', (row) => age(row.oldestAgeSeconds)],
    ]),
    section('Queues', status.queues, [
      ['queue', (row) => row.name],
      ['ready', (row) => row.ready ?? 'missing'],
      ['consumers', (row) => row.consumers],
    ]),
    section('Dead letters', status.deadLetters, [
      ['service', (row) => row.service],
      ['reason', (row) => row.reason],
      ['group', (row) => row.fingerprint],
      ['count', (row) => row.count],
      ['oldest', (row) => age(row.oldestAgeSeconds)],
      ['last error', (row) => short(row.lastError, 60)],
    ]),
    drift(status.drift),
    news(status.news),
    section('Workers', status.workers, [
      ['service', (row) => row.service],
      ['roles', (row) => row.roles.join('+')],
      ['host', (row) => row.host],
      ['pid', (row) => row.pid],
      ['state', (row) => row.state],
      ['in flight', (row) => row.inFlight],
      ['last message', (row) => time(row.lastMessageAt)],
    ]),
    section('Connections', status.connections, [
      ['database', (row) => row.service],
      ['application', (row) => row.application],
      ['login', (row) => row.login],
      ['connections', (row) => row.connections],
    ]),
    notesBindings(status.notesBindings),
    status.problems.length === 0
      ? 'All is well.'
      : `To do:\n${status.problems.map((line) => `  ${printable(line)}`).join('\n')}`,
  ].join('\n\n');

const notesBindings = (seen: Status['notesBindings']): string =>
  seen === null
    ? 'Bindings that carry notes: unknown without OPERATOR_MANAGEMENT_URL'
    : section('Bindings that carry notes', seen, [
        ['to', (row) => row.kind],
        ['name', (row) => row.destination],
        ['routing key', (row) => row.routingKey],
      ]);

const section = <Row>(title: string, rows: Part<readonly Row[]>, columns: readonly Column<Row>[]): string => {
  if ('error' in rows) return `${title}: ${printable(rows.error)}`;
  return rows.length === 0 ? `${title}: none` : `${title}\n${table(rows, columns)}`;
};

const drift = (seen: Status['drift']): string => {
  if ('error' in seen) return `Drift: ${printable(seen.error)}`;
  const { awaited, overdue, givenUp, oldestAgeSeconds } = seen;
  if (awaited === 0) return 'Drift: none, every accepted booking has a session';
  return `Drift: ${howMany(awaited)} accepted bookings without a known session, the oldest for ${age(oldestAgeSeconds)}; ${howMany(overdue)} overdue, ${howMany(givenUp)} given up`;
};

const news = (seen: Status['news']): string => {
  if ('error' in seen) return `News: ${seen.error}`;
  if (seen.overdue === 0) return 'News: none overdue, bookings knows the state of every session that changed';
  return `News: bookings does not know the state of ${howMany(seen.overdue)} sessions, the oldest for ${age(seen.oldestAgeSeconds)}`;
};
