import { defineEntity, p } from '@mikro-orm/core';
import { present } from '@mentor-sessions/service-kit/database';
import type { Table } from '@mentor-sessions/service-kit/repository';
import { sessionNotFound, sessionStatuses, type BesideSession, type Session } from '../domain/session.ts';

/** One property for each column of the table; what reads sessions takes its columns from here. */
export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.uuid().primary(),
    bookingId: p.uuid(),
    listingId: p.uuid(),
    mentorProfileId: p.uuid(),
    menteeUserId: p.uuid(),
    startTime: p.datetime(),
    endTime: p.datetime(),
    status: p.enum(sessionStatuses),
    notes: p.text().strictNullable(),
    metadata: p.json<Record<string, string>>(),
    startedAt: p.datetime().strictNullable(),
    startedBy: p.uuid().strictNullable(),
    completedAt: p.datetime().strictNullable(),
    completedBy: p.uuid().strictNullable(),
    version: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

const started = ['startedAt', 'startedBy'] as const;

export const sessions: Table<Session, BesideSession> = {
  noun: 'session',
  entity: SessionEntity,
  from: '(sessions s join accepted_bookings a on a.booking_id = s.booking_id)',
  alias: 's',
  beside: {
    columns: 'a.accepted_by as "mentorUserId", a.accepted_at as "acceptedAt"',
    read: ({ mentorUserId, acceptedAt }) => ({
      mentorUserId: present(mentorUserId as string | null, 'accepted_bookings.accepted_by'),
      acceptedAt: present(acceptedAt as Date | null, 'accepted_bookings.accepted_at'),
    }),
  },
  changing: ['status', 'version', 'startedAt', 'startedBy', 'completedAt', 'completedBy', 'updatedAt'],
  requiredIn: {
    scheduled: [],
    in_progress: started,
    completed: [...started, 'completedAt', 'completedBy'],
  },
  notFound: sessionNotFound,
};
