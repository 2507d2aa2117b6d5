import { Command } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import { answering, type Cli } from './command.ts';
import { countOf, countText, readStatus, type Part, type Status } from './status.ts';
import { age, short, table, time, type Cells } from './table.ts';
import { stateOf } from './workers.ts';

/** One screen: whether bookings become sessions, and what prevents it. */
export const statusCommand = (cli: Cli): Command =>
  new Command('status')
    .description('one screen: outboxes, queues, dead letters, drift, overdue sessions, workers, connections, bindings')
    .action(
      answering(cli, async (context) => {
        const status = await readStatus(context);
        return { data: status, text: screen(status), needsAction: status.problems.length > 0 };
      }),
    );

const screen = (status: Status): string =>
  [
    section('Outboxes', status.outboxes, ({ service, pending, parked, retrying, oldestAgeSeconds }) => {
      return { service, pending, parked, retried: retrying, oldest: age(oldestAgeSeconds) };
    }),
    section('Queues', status.queues, ({ name, ready, consumers }) => {
      return { queue: name, ready: ready ?? 'missing', consumers };
    }),
    section('Dead letters', status.deadLetters, ({ service, reason, fingerprint, count, ...row }) => {
      const oldest = age(row.oldestAgeSeconds);
      return { service, reason, group: fingerprint, count, oldest, 'last error': short(row.lastError, 60) };
    }),
    drift(status.drift),
    comparison(status.news),
    section('Overdue in the last 24 h', status.overdue, ({ what, count, oldestAgeSeconds }) => {
      return { what, count, oldest: age(oldestAgeSeconds) };
    }),
    section('Workers', status.workers, ({ service, roles, host, pid, inFlight, lastMessageAt, ...worker }) => {
      const activity = { 'in flight': inFlight, 'last message': time(lastMessageAt) };
      return { service, roles: roles.join('+'), host, pid, state: stateOf(worker), ...activity };
    }),
    section('Connections', status.connections, ({ service, application, login, connections }) => {
      return { database: service, application, login, connections };
    }),
    status.notesBindings === null
      ? 'Bindings that carry notes: unknown without OPERATOR_MANAGEMENT_URL'
      : section('Bindings that carry notes', status.notesBindings, ({ kind, destination, routingKey }) => {
          return { to: kind, name: destination, 'routing key': routingKey };
        }),
    status.problems.length === 0
      ? 'All is well.'
      : `Action needed:\n${status.problems.map((line) => `  ${printable(line)}`).join('\n')}`,
  ].join('\n\n');

const section = <Row>(title: string, rows: Part<readonly Row[]>, cells: (row: Row) => Cells): string => {
  if ('error' in rows) return `${title}: ${printable(rows.error)}`;
  return rows.length === 0 ? `${title}: none` : `${title}\n${table(rows.map(cells))}`;
};

const drift = (read: Status['drift']): string => {
  if ('error' in read) return `Drift: ${printable(read.error)}`;
  const { awaited, overdue, givenUp, oldestAgeSeconds } = read;
  if (awaited === 0) return 'Drift: none, every accepted booking has a session';
  return `Drift: ${countOf(awaited, 'accepted booking')} without a known session, the oldest for ${age(oldestAgeSeconds)}; ${countText(overdue)} overdue, ${countText(givenUp)} given up`;
};

const comparison = (read: Status['news']): string => {
  if ('error' in read) return `Session states: ${printable(read.error)}`;
  if (read.overdue === 0) return 'Session states: the same in both services';
  return `Session states: bookings has not received the state of ${countOf(read.overdue, 'session')}, the oldest for ${age(read.oldestAgeSeconds)}`;
};
