import { patchesOf, type PlantedBug } from './planted-bug.ts';

const timer = patchesOf('libs/messaging/src/timer/timer.ts');

/** Diverts the statements of the timer's transaction whose names start with these. */
const examine = 'return examineBatch(tx, ids, examine);';
const divert = (names: string, to: string): string =>
  `const isDiverted = (statement) => new RegExp('^(${names})').test(statement.name);
        const query = (statement, values) => isDiverted(statement) ? ${to} : tx.query(statement, values);
        return examineBatch({ query } as Queryable, ids, examine);`;
const remembered = '((globalThis.later ??= []).push([statement, values]), Promise.resolve([]))';

export const timerBugs: readonly PlantedBug[] = [
  {
    id: 'M33',
    name: 'the timer records what it has published after the commit',
    patches: [
      timer(examine, divert('timer-record|timer-reschedule', remembered)),
      timer(
        'onCommitted(published);',
        `for (const [statement, values] of globalThis.later.splice(0)) await database.query(statement, values);
        onCommitted(published);`,
      ),
    ],
    fault: 'F57',
  },
  {
    id: 'M34',
    name: 'the timer writes its events before its transaction commits',
    patches: [timer(examine, divert('outbox-enqueue', 'database.query(statement, values)'))],
    fault: 'F57',
  },
  {
    id: 'M35',
    name: 'the timer looks only at what became due since it last looked',
    patches: [
      timer(
        'from timers where due_at <= now() order by',
        `from timers where due_at between now() - interval '6 seconds' and now() order by`,
      ),
    ],
    fault: 'F57 paused',
  },
];
