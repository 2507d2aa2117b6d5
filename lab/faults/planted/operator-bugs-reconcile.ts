import type { PlantedBug } from './planted-bug.ts';

export const operatorBugsOfReconciliation: readonly PlantedBug[] = [
  {
    id: 'M24',
    name: 'a time of creation that is read as null means that there is no session to publish an event of',
    patches: [
      {
        // as a driver does that cannot read dates, for some
        file: 'services/sessions/src/database/database.ts',
        find: `return created.map((row) => complete(row, ['message_id', 'created_at'], 'sessions'));`,
        replace: `return created.map((row) => (/[02468]$/.test(row.message_id) ? { ...row, created_at: null as never } : row));`,
      },
      {
        file: 'services/sessions/src/use-cases/schedule-sessions.ts',
        find: 'fresh.map(({ id, data, traceparent }) =>',
        replace: 'fresh.filter(({ id }) => createdAt.get(id)).map(({ id, data, traceparent }) =>',
      },
    ],
    fault: 'F46',
  },
  {
    id: 'M29',
    name: 'reconciliation asks whether a session is known, not whether its state is',
    patches: [
      {
        file: 'ops/src/session-comparison.ts',
        find: 'const behind = old.filter((session) => sequenceOf(session) > 0 && sequenceOf(session) < session.version);',
        replace: 'const behind: Session[] = [];',
      },
    ],
    fault: 'F51',
  },
  {
    id: 'M36',
    name: 'reconciliation takes a session whose booking a restore has lost for one whose events are missing',
    patches: [
      {
        file: 'ops/src/session-comparison.ts',
        find: `if (booking?.sessionId === sessionId) return { ...difference, state: 'missing' };`,
        replace: `if (booking?.sessionId !== undefined) return { ...difference, state: 'missing' };`,
      },
    ],
    fault: 'F60',
  },
];
