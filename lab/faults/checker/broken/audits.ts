import { auditOf, broken, brokenBooking, brokenSession, drop, newId, type Breakage } from './world.ts';

export const brokenAudits: readonly Breakage[] = [
  brokenSession('an audit has a gap', { by: ['I4'], also: ['I5'] }, ['completed'], ({ id }, { sessions }) => {
    drop(sessions.audit, (row) => row.id === id && row.to_status === 'in_progress');
  }),
  broken('an audit has a row twice', { by: ['I4'], also: ['I5'] }, ({ sessions, bookings }, pick) => {
    const audit = pick([sessions.audit, bookings.audit]);
    const index = audit.indexOf(pick(audit));
    const row = audit[index] as (typeof audit)[number];
    audit.splice(index, 0, { ...row });
    return row.id;
  }),
  brokenSession(
    'a session skipped a state',
    { by: ['I4', 'I6', 'I7'], also: ['I5'] },
    ['completed'],
    (session, world) => {
      drop(world.sessions.audit, (row) => row.id === session.id && row.to_status === 'in_progress');
      drop(world.operations, ({ id, action }) => id === session.id && action === 'start');
      auditOf(world.sessions.audit, session.id, 'completed').from_status = 'scheduled';
      Object.assign(session, { version: 2, started_by: null });
    },
  ),
  brokenSession('an audit is in another order', { by: ['I4'] }, ['completed', 'in_progress'], (_session, world) => {
    world.sessions.audit.reverse();
  }),
  // I6 too, unless the only responses that showed the later state were lost
  brokenSession('a row fell back behind its audit', { by: ['I4', 'I7'], also: ['I6'] }, ['completed'], (session) => {
    session.status = 'in_progress';
  }),
  brokenBooking('a decided booking is a draft again', { by: ['I4', 'I7'], also: ['I6'] }, 'declined', (booking) => {
    booking.status = 'draft';
  }),
  broken('a version counts more than the audit', { by: ['I4'] }, ({ sessions, bookings }, pick) => {
    const row = pick([...sessions.sessions, ...bookings.bookings]);
    row.version += 1;
    return row.id;
  }),
  broken('an audit is of nothing', { by: ['I4'] }, ({ bookings, sessions }, pick) => {
    const created = { id: newId(), from_status: null, actor_user_id: newId(), at: 0 };
    pick([
      () => bookings.audit.push({ ...created, to_status: 'draft' }),
      () => sessions.audit.push({ ...created, to_status: 'scheduled' }),
    ])();
    return created.id;
  }),
  broken('the first audit row of a booking names another user', { by: ['I4'] }, ({ bookings }, pick) => {
    const { id } = pick(bookings.bookings);
    auditOf(bookings.audit, id, 'draft').actor_user_id = newId();
    return id;
  }),
  brokenSession(
    'the first audit row of a session names another user than the one who accepted',
    { by: ['I4', 'I7'] },
    ['scheduled', 'completed'],
    ({ id }, world) => {
      auditOf(world.sessions.audit, id, 'scheduled').actor_user_id = newId();
    },
  ),
  brokenSession(
    'a session names another than its audit',
    { by: ['I4', 'I7'] },
    ['completed'],
    (session, world, pick) => {
      Object.assign(session, { [pick(['started_by', 'completed_by'])]: newId() });
    },
  ),
  brokenBooking('an accepted booking lost the id of its message', { by: ['I4'] }, 'accepted', (booking) => {
    booking.accepted_message_id = null;
  }),
  brokenBooking('a declined booking has a session’s id', { by: ['I4'] }, 'declined', (booking) => {
    booking.session_id = newId();
  }),
];
