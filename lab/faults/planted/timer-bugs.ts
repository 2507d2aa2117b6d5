import type { PlantedBug } from './planted-bug.ts';

const timer = 'libs/messaging/src/timer/timer.ts';

/** Diverts the statements of the timer's transaction whose names start with these. */
const examine = 'return examineBatch(tx, ids, examine);';
const divert = (names: string, to: string): string =>
  `const isDiverted = (statement) => new RegExp('^(${names})').test(statement.name);
        const query = (statement, values) => isDiverted(statement) ? ${to} : tx.query(statement, values);
        return examineBatch({ query } as Queryable, ids, examine);`;

export const timerBugs: readonly PlantedBug[] = [
  {
    id: 'M33',
    name: 'the timer records what it has published after the commit',
    patches: [
      {
        file: timer,
        find: examine,
        replace: divert(
          'timer-record|timer-reschedule',
          '((globalThis.later ??= []).push([statement, values]), Promise.resolve([]))',
        ),
      },
      {
        file: timer,
        find: 'onCommitted(published);',
        replace: `for (const [statement, values] of globalThis.later.splice(0)) await database.query(statement, values);
        onCommitted(published);`,
      },
    ],
    fault: 'F57',
  },
  {
    id: 'M34',
    name: 'the timer writes its events before its transaction commits',
    patches: [{ file: timer, find: examine, replace: divert('outbox-enqueue', 'database.query(statement, values)') }],
    fault: 'F57',
  },
  {
    id: 'M35',
    name: 'the timer looks only at what became due since it last looked',
    patches: [
      {
        file: timer,
        find: 'from timers where due_at <= now() order by',
        replace: `from timers where due_at between now() - interval '6 seconds' and now() order by`,
      },
    ],
    fault: 'F57 paused',
  },
];
