import { randomUUID } from 'node:crypto';
import type { Database } from '@mentor-sessions/service-kit/database';
import { openSessions, type Sessions } from '@mentor-sessions/sessions/database/database';
import { completeSession, startSession } from '@mentor-sessions/sessions/use-cases/sessions';
import { aMessage } from '../../../e2e/a-message.ts';
import type { Scenario } from '../explore.ts';
import type { Act } from '../interleave.ts';
import { consume, schedule } from './consumers.ts';
import { deliveryOf, type Accepted } from './messages.ts';
import { withoutAnnouncements } from './without-announcements.ts';
import { namesOf, rowsOf } from './session-rows.ts';

type Move = { readonly action: 'start' | 'complete'; readonly by?: 'mentor' | 'mentee'; readonly ifMatch?: number };
type Born = 'unborn' | 'scheduled' | 'in_progress';

const asSessions = (database: Database): Sessions => openSessions(withoutAnnouncements(database));

const useCases = { start: startSession, complete: completeSession };

export const moveOf = ({ data }: Accepted, { action, by = 'mentor', ifMatch }: Move, messageId: string): Act => {
  const mentor = { userId: data.acceptedBy, roles: ['mentor'], mentorProfileId: data.mentorProfileId };
  const mentee = { userId: data.menteeUserId, roles: ['mentee'], mentorProfileId: null };
  const actor = by === 'mentor' ? mentor : mentee;
  const matches = (version: number) => ifMatch === undefined || version === ifMatch;
  const command = { id: data.sessionId, actor, ifMatch: matches, messageId };
  return ({ database }) => useCases[action](asSessions(database), command);
};

/** Concurrent transitions of one session. A missing one is created in the race, by a consumer. */
export const transitions =
  (status: Born, moves: Readonly<Record<string, Move>>): Scenario =>
  async (database) => {
    const booking = aMessage();
    await bringTo(status, booking, database);
    const names: Record<string, string> = { ...namesOf([booking]) };
    const acts: Record<string, Act> = status === 'unborn' ? { consumer: consume([deliveryOf(booking)]) } : {};
    for (const [name, move] of Object.entries(moves)) {
      const messageId = randomUUID();
      names[`message of ${name}`] = messageId;
      acts[name] = moveOf(booking, move, messageId);
    }
    return { acts, names, rows: () => rowsOf(database, [booking]) };
  };

const bringTo = async (status: Born, booking: Accepted, database: Database): Promise<void> => {
  if (status === 'unborn') return;
  await schedule(database, [booking]);
  if (status === 'scheduled') return;
  const { acceptedBy: userId, mentorProfileId, sessionId: id } = booking.data;
  const actor = { userId, roles: ['mentor'], mentorProfileId };
  await startSession(asSessions(database), { id, actor, ifMatch: () => true, messageId: randomUUID() });
};
