import { z } from 'zod';
import { terms } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Seen } from '@mentor-sessions/service-kit/repository';
import { publishedTerms } from '../domain/events.ts';
import { lifecycle, sessionStatuses, type Session } from '../domain/session.ts';

const uuid = z.guid();
const time = z.iso.datetime();

export const sessionView = z
  .object({
    id: uuid,
    bookingId: uuid,
    ...terms.shape,
    start: terms.shape.start.describe('exactly the booking’s, permanently'),
    status: z.enum(sessionStatuses),
    notes: z.string().nullable().describe('private to the two people'),
    allowedActions: z.array(z.enum(lifecycle.actions)).describe('what you may do now'),
    startedAt: time.nullable(),
    startedBy: uuid.nullable(),
    completedAt: time.nullable(),
    completedBy: uuid.nullable(),
    version: z.int().describe('also the ETag'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Session' });

export const viewSession = (
  { row: session }: Pick<Seen<Session>, 'row'>,
  actor: Actor,
): z.infer<typeof sessionView> => ({
  id: session.id,
  bookingId: session.bookingId,
  ...publishedTerms(session),
  status: session.status,
  notes: session.notes,
  allowedActions: lifecycle.allowedActions(session, actor),
  startedAt: session.startedAt?.toISOString() ?? null,
  startedBy: session.startedBy,
  completedAt: session.completedAt?.toISOString() ?? null,
  completedBy: session.completedBy,
  version: session.version,
  createdAt: session.createdAt.toISOString(),
  updatedAt: session.updatedAt.toISOString(),
});
