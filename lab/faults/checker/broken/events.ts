import type { Breakage, Broken, Row } from './world.ts';
import {
  broken,
  brokenSession,
  copiesOf,
  drop,
  isEvent,
  newId,
  rowOf,
  sayOtherwise,
  sessionsThatAre,
} from './world.ts';

const types = ['session.scheduled', 'session.started', 'session.completed'] as const;

const anEvent = (world: Broken, pick: Parameters<Breakage['breaks']>[1]): { id: string; type: string; row: Row } => {
  const { id, booking_id } = pick(sessionsThatAre(world, 'completed'));
  const type = pick([...types, 'booking.accepted']);
  const [rows, aggregate] = type === 'booking.accepted' ? [world.bookings, booking_id] : [world.sessions, id];
  return { id: aggregate, type, row: rowOf(rows.published, type, aggregate) };
};

const untrue = (says: string, change: Parameters<typeof sayOtherwise>[2], also: Breakage['also'] = []): Breakage =>
  broken(`an event ${says}`, { by: ['I7'], also }, (world, pick) => {
    const { id, type } = anEvent(world, pick);
    sayOtherwise(world, isEvent(type, id), change);
    return id;
  });

export const brokenEvents: readonly Breakage[] = [
  brokenSession(
    'an event of a session was never written',
    { by: ['I7'], also: ['I9'] },
    ['completed'],
    ({ id }, world, pick) => {
      const type = pick(types);
      drop(world.sessions.published, (row) => row.type === type && row.aggregate_id === id);
      drop(world.wire, isEvent(type, id));
    },
  ),
  broken('an acceptance was never written into the outbox', { by: ['I7', 'I8'] }, (world, pick) => {
    const { booking_id } = pick(sessionsThatAre(world, 'completed'));
    drop(world.bookings.published, (row) => row.type === 'booking.accepted' && row.aggregate_id === booking_id);
    drop(world.wire, isEvent('booking.accepted', booking_id));
    return booking_id;
  }),
  brokenSession('a transition wrote two events', { by: ['I7'], also: ['I9'] }, ['completed'], ({ id }, world, pick) => {
    const row = rowOf(world.sessions.published, pick(types), id);
    const message_id = newId();
    const [copy] = copiesOf(world, row);
    world.sessions.published.push({ ...row, message_id });
    if (copy) world.wire.push({ ...copy, id: message_id, body: copy.body.replace(row.message_id, message_id) });
  }),
  brokenSession('a row was published twice into the table', { by: ['I7'] }, ['completed'], ({ id }, world) => {
    world.sessions.published.push({ ...rowOf(world.sessions.published, 'session.completed', id) });
  }),
  broken('an acceptance has two events', { by: ['I7', 'I8'] }, (world, pick) => {
    const { booking_id } = pick(sessionsThatAre(world, 'completed'));
    const row = rowOf(world.bookings.published, 'booking.accepted', booking_id);
    world.bookings.published.push({ ...row, message_id: newId() });
    return booking_id;
  }),
  brokenSession(
    'a session that is not completed is published as completed',
    { by: ['I7'] },
    ['in_progress'],
    ({ id }, world) => {
      const row = { message_id: newId(), aggregate_id: id, sequence: 3, type: 'session.completed' };
      world.sessions.published.push(row);
      const copy = { id: row.message_id, subject: id, type: row.type, sequence: '0000000003' };
      world.wire.push({ ...copy, body: JSON.stringify({ ...copy, data: {} }) });
    },
  ),
  broken('a row has another sequence than the version that it describes', { by: ['I7'] }, (world, pick) => {
    const { row, id } = anEvent(world, pick);
    row.sequence += 1;
    return id;
  }),
  broken('a booking has another message than it says', { by: ['I7'] }, (world, pick) => {
    const session = pick(sessionsThatAre(world, 'completed'));
    const booking = world.bookings.bookings.find(({ id }) => id === session.booking_id);
    Object.assign(booking as object, { accepted_message_id: newId() });
    return session.booking_id;
  }),
  broken('an event counts as published and was never delivered', { by: ['I8'], also: ['I7', 'I9'] }, (world, pick) => {
    const { id, row } = anEvent(world, pick);
    drop(world.wire, (copy) => copy.id === row.message_id);
    return id;
  }),
  brokenSession(
    'a completion counts as published and was never delivered',
    { by: ['I7', 'I8'] },
    ['completed'],
    ({ id }, world) => {
      drop(world.wire, isEvent('session.completed', id));
    },
  ),
  broken('a later copy of an event says something else', { by: ['I7'] }, (world, pick) => {
    const { id, row } = anEvent(world, pick);
    const [copy] = copiesOf(world, row) as [Broken['wire'][number]];
    world.wire.push({ ...copy, body: copy.body.replace('2030-', '2031-') });
    return id;
  }),
  untrue('starts a millisecond later', ({ data }) => (data['start'] = String(data['start']).replace('.000Z', '.001Z'))),
  untrue('is of another mentee', ({ data }) => (data['menteeUserId'] = newId())),
  untrue('has other metadata', ({ data }) => (data['metadata'] = {})),
  untrue('lacks the listing', ({ data }) => delete data['listingId']),
  untrue('is of another story', (body) => (body['correlationid'] = newId())),
  untrue('has another sequence inside', (body) => (body['sequence'] = '0000000009')),
  untrue('is of a version that no one knows', (body) => (body['dataschema'] = 'urn:mentor-sessions:x:2')),
  brokenSession('a completion names another who completed it', { by: ['I7'] }, ['completed'], ({ id }, world) => {
    sayOtherwise(world, isEvent('session.completed', id), ({ data }) => (data['completedBy'] = newId()));
  }),
  broken('an event was delivered that no outbox ever held', { by: ['I8'], also: ['I7', 'I9'] }, (world, pick) => {
    const { id, row } = anEvent(world, pick);
    const [copy] = copiesOf(world, row) as [Broken['wire'][number]];
    world.wire.push({ ...copy, id: newId() });
    return id;
  }),
  brokenSession(
    'first copies are on the wire in another order',
    { by: ['I9'] },
    ['completed', 'in_progress'],
    ({ id }, world, pick) => {
      const [one, other] = pick([['session.scheduled', 'session.started']] as const);
      const [first, second] = [one, other].map((type) => world.wire.findIndex(isEvent(type, id))) as [number, number];
      const moved = world.wire.splice(second, 1);
      world.wire.splice(first, 0, ...moved);
    },
  ),
  brokenSession(
    'an event of a session contains its notes',
    { by: ['I10'] },
    ['completed'],
    ({ id, notes }, world, pick) => {
      sayOtherwise(world, isEvent(pick(types), id), ({ data }) => (data['notes'] = notes));
    },
  ),
  broken('an event of a session contains its notes under another name', { by: ['I10'] }, (world, pick) => {
    const { id, notes } = pick(sessionsThatAre(world, 'completed').filter((session) => session.notes));
    sayOtherwise(world, isEvent(pick(types), id), ({ data }) => (data['remarks'] = `${notes}, they say`));
    return id;
  }),
  broken('something leaked into a log', { by: ['I10'] }, ({ leaks }) => {
    leaks.push('bookings api: the log line');
    return 'bookings api';
  }),
];
