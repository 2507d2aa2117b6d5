import { patchesOf, type PlantedBug } from './planted-bug.ts';

const publisher = patchesOf('libs/messaging/src/publisher/publisher.ts');
const confirmChannel = patchesOf('libs/messaging/src/publisher/confirm-channel.ts');
const relayBatch = patchesOf('libs/messaging/src/relay/relay-batch.ts');
const outboxRow = patchesOf('libs/messaging/src/relay/outbox-rows.ts');
const writePath = patchesOf('libs/service-kit/src/repository/write-path.ts');

const decided = 'checked(() => decide(found.row, found), check, Forbidden);';
const changeAndEvent = `const { update, event: of } = ${decided}`;
const written = 'return done && { row, now: row.updatedAt };';
/** The write path of one service loses its event. */
const withoutEvent = (noun: string): string => `const { update, event: told } = ${decided}
        const of = table.noun === '${noun}' && !key ? undefined : told;`;
const enqueueLater = "import('@mentor-sessions/messaging').then(({ enqueue }) => enqueue(database, [told]))";

export const outboxBugs: readonly PlantedBug[] = [
  {
    id: 'M1',
    name: 'no outbox: the event is remembered in memory and written after the commit',
    patches: [
      writePath(changeAndEvent, withoutEvent('booking')),
      writePath(written, `if (done && told && !of) setTimeout(() => void ${enqueueLater}, 20);\n        ${written}`),
    ],
    fault: 'F3',
  },
  {
    id: 'M2',
    name: 'marked as published before the confirm',
    patches: [
      relayBatch(
        'const results = await withKeepAlive(tx, publishing);',
        "void publishing;\n    const results = new Map<OutboxRow, RowResult>(rows.map((row) => [row, 'published']));",
      ),
    ],
    fault: 'F9 unsent',
  },
  {
    id: 'M3',
    name: 'published without mandatory',
    patches: [confirmChannel('persistent: true, mandatory: true', 'persistent: true, mandatory: false')],
    fault: 'F28 binding',
  },
  {
    id: 'M4',
    name: 'returns are ignored',
    patches: [confirmChannel("entry.isReturned ? 'returned' : 'confirmed'", "'confirmed'")],
    fault: 'F28 binding',
  },
  {
    id: 'M5',
    name: 'the outbox is read by a cursor on its position',
    patches: [
      outboxRow(
        'from outbox_claim($1, $2, $3, $4, $5, $6)`',
        'from (select *, 0 as bytes from outbox) as o where position > $2::bigint order by position limit $1`',
      ),
      outboxRow(
        'tx.query<OutboxRow>(claim, [rows, byLane, life, bytes, maxBodyBytes, retries]);',
        `tx.query<OutboxRow>(claim, [rows, globalThis.cursor ?? '0']).then((rows) => {
    globalThis.cursor = rows.at(-1)?.position ?? globalThis.cursor;
    return rows;
  });`,
      ),
    ],
    fault: 'F33 rows',
  },
  {
    id: 'M14',
    name: 'session.completed is written outside the transaction',
    patches: [
      writePath(changeAndEvent, withoutEvent('session')),
      writePath(written, `if (done && told && !of) await ${enqueueLater};\n        ${written}`),
    ],
    fault: 'F7',
  },
  {
    id: 'M15',
    name: 'a confirm that does not come is taken for success',
    patches: [
      publisher("of unconfirmed) settle('failed')", "of unconfirmed) settle('confirmed')"),
      confirmChannel("entry.settle('nacked')", "entry.settle('confirmed')"),
    ],
    fault: 'F9 unsent',
  },
];
