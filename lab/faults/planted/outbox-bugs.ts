import type { PlantedBug } from './planted-bug.ts';

const publisher = 'libs/messaging/src/publisher/publisher.ts';
const confirmChannel = 'libs/messaging/src/publisher/confirm-channel.ts';
const relayBatch = 'libs/messaging/src/relay/relay-batch.ts';
const outboxRow = 'libs/messaging/src/relay/outbox-rows.ts';
const bookingRows = 'services/bookings/src/database/booking-rows.ts';
const sessionRows = 'services/sessions/src/database/session-rows.ts';

export const outboxBugs: readonly PlantedBug[] = [
  {
    id: 'M1',
    name: 'no outbox: the event is remembered in memory and written after the commit',
    patches: [
      {
        file: bookingRows,
        find: '  const rows = await db.write(statementFor(event, key), all, readBack).catch(keyIsTaken).catch(mentorIsBusy);',
        replace: `  const later = event && !key ? event : undefined;
  const writing = later ? db.write(decide, values, readBack) : db.write(statementFor(event, key), all, readBack);
  const rows = await writing.catch(keyIsTaken).catch(mentorIsBusy);
  if (later && rows[0]) setTimeout(() => void import('@mentor-sessions/messaging').then(({ enqueue }) => enqueue(db, [later])), 20);`,
      },
    ],
    fault: 'F3',
  },
  {
    id: 'M2',
    name: 'marked as published before the confirm',
    patches: [
      {
        file: relayBatch,
        find: 'const results = await withKeepAlive(tx, publishing);',
        replace:
          "void publishing;\n    const results = new Map<OutboxRow, RowResult>(rows.map((row) => [row, 'published']));",
      },
    ],
    fault: 'F9 unsent',
  },
  {
    id: 'M3',
    name: 'published without mandatory',
    patches: [
      {
        file: confirmChannel,
        find: 'persistent: true, mandatory: true',
        replace: 'persistent: true, mandatory: false',
      },
    ],
    fault: 'F28 binding',
  },
  {
    id: 'M4',
    name: 'returns are ignored',
    patches: [{ file: confirmChannel, find: "entry.isReturned ? 'returned' : 'confirmed'", replace: "'confirmed'" }],
    fault: 'F28 binding',
  },
  {
    id: 'M5',
    name: 'the outbox is read by a cursor on its position',
    patches: [
      {
        file: outboxRow,
        find: 'from outbox_claim($1, $2, $3, $4, $5, $6)`',
        replace: 'from (select *, 0 as bytes from outbox) as o where position > $2::bigint order by position limit $1`',
      },
      {
        file: outboxRow,
        find: 'tx.query<OutboxRow>(claim, [rows, byLane, life, bytes, maxBodyBytes, retries]);',
        replace: `tx.query<OutboxRow>(claim, [rows, globalThis.cursor ?? '0']).then((rows) => {
    globalThis.cursor = rows.at(-1)?.position ?? globalThis.cursor;
    return rows;
  });`,
      },
    ],
    fault: 'F33 rows',
  },
  {
    id: 'M14',
    name: 'session.completed is written outside the transaction',
    patches: [
      {
        file: sessionRows,
        find: "returning *),\n    told as (${insertOutboxRowFrom('s', 7)})",
        replace: 'returning *)',
      },
      {
        file: sessionRows,
        find: 'change.version, at, by, ...outboxValues(event)]',
        replace: 'change.version, at, by]',
      },
      {
        file: sessionRows,
        find: '  return rows.length > 0 ? toSession(',
        replace: `  if (rows.length > 0) await (await import('@mentor-sessions/messaging')).enqueue(db, [event]);
  return rows.length > 0 ? toSession(`,
      },
    ],
    fault: 'F7',
  },
  {
    id: 'M15',
    name: 'a confirm that does not come is taken for success',
    patches: [
      { file: publisher, find: "of unconfirmed) settle('failed')", replace: "of unconfirmed) settle('confirmed')" },
      { file: confirmChannel, find: "entry.settle('nacked')", replace: "entry.settle('confirmed')" },
    ],
    fault: 'F9 unsent',
  },
];
