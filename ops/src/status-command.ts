import { Command } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import { answering, type Cli } from './command.ts';
import { countText, readStatus, type Part, type Status } from './status.ts';
import { age, short, table, time, type Column } from './table.ts';

/** One screen: whether bookings become sessions, and what prevents it. */
export const statusCommand = (cli: Cli): Command =>
  new Command('status')
    .description('one screen: outboxes, queues, dead letters, drift, workers, connections, bindings')
    .action(
      answering(cli, async (context) => {
        const status = await readStatus(context);
        return { data: status, text: screen(status), needsAction: status.problems.length > 0 };
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
    comparison(status.news),
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
      : `Action needed:\n${status.problems.map((line) => `  ${printable(line)}`).join('\n')}`,
  ].join('\n\n');

const section = <Row>(title: string, rows: Part<readonly Row[]>, columns: readonly Column<Row>[]): string => {
  if ('error' in rows) return `${title}: ${printable(rows.error)}`;
  return rows.length === 0 ? `${title}: none` : `${title}\n${table(rows, columns)}`;
};

const notesBindings = (bindings: Status['notesBindings']): string =>
  bindings === null
    ? 'Bindings that carry notes: unknown without OPERATOR_MANAGEMENT_URL'
    : section('Bindings that carry notes', bindings, [
        ['to', (row) => row.kind],
        ['name', (row) => row.destination],
        ['routing key', (row) => row.routingKey],
      ]);

const drift = (read: Status['drift']): string => {
  if ('error' in read) return `Drift: ${printable(read.error)}`;
  const { awaited, overdue, givenUp, oldestAgeSeconds } = read;
  if (awaited === 0) return 'Drift: none, every accepted booking has a session';
  return `Drift: ${countText(awaited)} accepted bookings without a known session, the oldest for ${age(oldestAgeSeconds)}; ${countText(overdue)} overdue, ${countText(givenUp)} given up`;
};

const comparison = (read: Status['news']): string => {
  if ('error' in read) return `Session states: ${printable(read.error)}`;
  if (read.overdue === 0) return 'Session states: the same in both services';
  return `Session states: bookings has not received the state of ${countText(read.overdue)} sessions, the oldest for ${age(read.oldestAgeSeconds)}`;
};
