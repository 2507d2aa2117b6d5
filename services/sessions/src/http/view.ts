import { z } from 'zod';
import { terms } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { exampleDays } from '@mentor-sessions/service-kit/example-days';
import { time, uuid, version } from '@mentor-sessions/service-kit/fields';
import { publishedTerms } from '../domain/events.ts';
import { attentions, lifecycle, sessionStatuses, type Attention, type Session } from '../domain/session.ts';

/** Of the document: that of the booking in the document of bookings, as the mentor sees it. */
const session = {
  id: '01980000-0000-7000-8000-0000000000e1',
  bookingId: '01980000-0000-7000-8000-0000000000b1',
  listingId: '01980000-0000-7000-8000-0000000000cc',
  mentorProfileId: '01980000-0000-7000-8000-0000000000aa',
  menteeUserId: '01980000-0000-7000-8000-00000000bbbb',
  start: `${exampleDays.tomorrow}T10:00:00.000Z`,
  end: `${exampleDays.tomorrow}T11:00:00.000Z`,
  notes: 'How do I find my first job?',
  metadata: { campaign: 'autumn' },
  status: 'scheduled',
  attention: null,
  allowedActions: ['start'],
  startedAt: null,
  startedBy: null,
  completedAt: null,
  completedBy: null,
  version: 1,
  createdAt: `${exampleDays.today}T09:05:00.100Z`,
  updatedAt: `${exampleDays.today}T09:05:00.100Z`,
};

/** In which the example differs after each action. */
export const startedExample = {
  status: 'in_progress',
  allowedActions: ['complete'],
  startedAt: `${exampleDays.tomorrow}T10:00:10.000Z`,
  startedBy: '01980000-0000-7000-8000-00000000aaaa',
  version: 2,
  updatedAt: `${exampleDays.tomorrow}T10:00:10.000Z`,
};
export const completedExample = {
  ...startedExample,
  status: 'completed',
  allowedActions: [],
  completedAt: `${exampleDays.tomorrow}T11:01:00.000Z`,
  completedBy: '01980000-0000-7000-8000-00000000aaaa',
  version: 3,
  updatedAt: `${exampleDays.tomorrow}T11:01:00.000Z`,
};

/** Of the example, once it has started. */
export const historyExample = [
  { from: null, to: 'scheduled', by: startedExample.startedBy, at: session.createdAt },
  { from: 'scheduled', to: 'in_progress', by: startedExample.startedBy, at: startedExample.startedAt },
];

export const sessionView = z
  .object({
    id: uuid,
    bookingId: uuid,
    ...terms.shape,
    status: z.enum(sessionStatuses),
    attention: z
      .enum(attentions)
      .nullable()
      .describe(
        'start-overdue: the end has passed, and no one has started it. completion-overdue: the end or, if later, the start was an hour ago (or as long as the operator decided), and no one has completed it. Changes with time, not with `version`',
      ),
    notes: z.string().nullable().describe('private to the two people'),
    allowedActions: z.array(z.enum(lifecycle.actions)).describe('what you may do now'),
    startedAt: time.nullable(),
    startedBy: uuid.nullable(),
    completedAt: time.nullable(),
    completedBy: uuid.nullable(),
    version: version.describe('also the ETag'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Session', example: session });

export const viewSession = (
  session: Session,
  { actor, attention }: { readonly actor: Actor; readonly attention: Attention | null },
): z.infer<typeof sessionView> => ({
  id: session.id,
  bookingId: session.bookingId,
  ...publishedTerms(session),
  status: session.status,
  attention,
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
