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
    line('Drift', status.drift, ({ awaited, overdue, givenUp, oldestAgeSeconds }) =>
      awaited === 0
        ? 'none, every accepted booking has a session'
        : `${countOf(awaited, 'accepted booking')} without a known session, the oldest for ${age(oldestAgeSeconds)}; ${countText(overdue)} overdue, ${countText(givenUp)} given up`,
    ),
    line('Session states', status.news, ({ overdue, oldestAgeSeconds }) =>
      overdue === 0
        ? 'the same in both services'
        : `bookings has not received the state of ${countOf(overdue, 'session')}, the oldest for ${age(oldestAgeSeconds)}`,
    ),
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

const line = <T extends object>(title: string, part: Part<T>, describe: (value: T) => string): string =>
  `${title}: ${'error' in part ? printable(part.error) : describe(part)}`;
