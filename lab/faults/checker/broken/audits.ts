import type { Breakage } from './world.ts';
import { auditOf, bookingsThatAre, drop, newId, sessionsThatAre } from './world.ts';

export const brokenAudits: readonly Breakage[] = [
  {
    says: 'an audit has a gap',
    by: ['I4'],
    also: ['I5'],
    breaks: ({ sessions, ...world }, pick) => {
      const { id } = pick(sessionsThatAre({ ...world, sessions }, 'completed'));
      drop(sessions.audit, (row) => row.id === id && row.to_status === 'in_progress');
      return id;
    },
  },
  {
    says: 'a row of an audit stands there twice',
    by: ['I4'],
    also: ['I5'],
    breaks: ({ sessions, bookings }, pick) => {
      const audit = pick([sessions.audit, bookings.audit]);
      const index = audit.indexOf(pick(audit));
      const row = audit[index] as (typeof audit)[number];
      audit.splice(index, 0, { ...row });
      return row.id;
    },
  },
  {
    says: 'a session skipped a state',
    by: ['I4', 'I6', 'I7'],
    also: ['I5'],
    breaks: (world, pick) => {
      const session = pick(sessionsThatAre(world, 'completed'));
      drop(world.sessions.audit, (row) => row.id === session.id && row.to_status === 'in_progress');
      drop(world.operations, ({ id, action }) => id === session.id && action === 'start');
      auditOf(world.sessions.audit, session.id, 'completed').from_status = 'scheduled';
      Object.assign(session, { version: 2, started_by: null });
      return session.id;
    },
  },
  {
    says: 'an audit is in another order',
    by: ['I4'],
    breaks: (world, pick) => {
      const { id } = pick(sessionsThatAre(world, 'completed', 'in_progress'));
      world.sessions.audit.reverse();
      return id;
    },
  },
  {
    says: 'a row fell back behind its audit',
    by: ['I4', 'I7'],
    also: ['I6'], // unless the only answers that told of it were lost
    breaks: (world, pick) => {
      const session = pick(sessionsThatAre(world, 'completed'));
      session.status = 'in_progress';
      return session.id;
    },
  },
  {
    says: 'a decided booking is a draft again',
    by: ['I4'],
    also: ['I6'],
    breaks: (world, pick) => {
      const booking = pick(bookingsThatAre(world, 'declined'));
      booking.status = 'draft';
      return booking.id;
    },
  },
  {
    says: 'a version counts more than the audit',
    by: ['I4'],
    breaks: ({ sessions, bookings }, pick) => {
      const row = pick([...sessions.sessions, ...bookings.bookings]);
      row.version += 1;
      return row.id;
    },
  },
  {
    says: 'an audit is of nothing',
    by: ['I4'],
    breaks: ({ bookings, sessions }, pick) => {
      const born = { id: newId(), from_status: null, actor_user_id: newId() };
      pick([
        () => bookings.audit.push({ ...born, to_status: 'draft' }),
        () => sessions.audit.push({ ...born, to_status: 'scheduled' }),
      ])();
      return born.id;
    },
  },
  {
    says: 'the audit of a birth names another',
    by: ['I4'],
    breaks: ({ bookings }, pick) => {
      const { id } = pick(bookings.bookings);
      auditOf(bookings.audit, id, 'draft').actor_user_id = newId();
      return id;
    },
  },
  {
    says: 'the audit of a session’s birth names another than who accepted',
    by: ['I4', 'I7'],
    breaks: (world, pick) => {
      const { id } = pick(sessionsThatAre(world, 'scheduled', 'completed'));
      auditOf(world.sessions.audit, id, 'scheduled').actor_user_id = newId();
      return id;
    },
  },
  {
    says: 'a session names another than its audit',
    by: ['I4', 'I7'],
    breaks: (world, pick) => {
      const session = pick(sessionsThatAre(world, 'completed'));
      Object.assign(session, { [pick(['started_by', 'completed_by'])]: newId() });
      return session.id;
    },
  },
  {
    says: 'an accepted booking lost the id of its message',
    by: ['I4'],
    breaks: (world, pick) => {
      const booking = pick(bookingsThatAre(world, 'accepted'));
      booking.accepted_message_id = null;
      return booking.id;
    },
  },
  {
    says: 'a declined booking has a session’s id',
    by: ['I4'],
    breaks: (world, pick) => {
      const booking = pick(bookingsThatAre(world, 'declined'));
      booking.session_id = newId();
      return booking.id;
    },
  },
];
