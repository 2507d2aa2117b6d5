import type { Examined, PastEvent } from '@mentor-sessions/messaging';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Sessions } from '../database/database.ts';
import { factEvent } from '../domain/events.ts';
import { examineSession, type TimerSettings } from '../domain/timer.ts';

/** For the timer: what has become due of these sessions. A session that is being changed is left out. */
export const examineSessions =
  (db: Sessions, settings: TimerSettings, newId: () => string) =>
  async (tx: Queryable, past: ReadonlyMap<string, readonly PastEvent[]>): Promise<Examined[]> => {
    const locked = await db.lockForTimer(tx, [...past.keys()]);
    return locked.map(({ row: session, now, mentorUserId, acceptedAt }) => {
      const { id } = session;
      const { due, nextAt } = examineSession(session, { ...settings, now, acceptedAt, past: past.get(id) ?? [] });
      const events = due.map(({ offsetSeconds, dueAt, ...fact }) => {
        const event = factEvent(session, { ...fact, offsetSeconds, dueAt, now, mentorUserId, messageId: newId() });
        return { offsetSeconds, dueAt, event };
      });
      return { id, events, nextAt };
    });
  };
