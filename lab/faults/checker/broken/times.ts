import type { Breakage, Broken, Pick, Reported, Times } from './world.ts';
import { auditOf, broken, copiesOf, drop, newId, rowOf, sayOtherwise } from './world.ts';

type Told = { readonly told: Times; readonly of: Broken['sessions'] | Broken['bookings'] };

const isAny = (): boolean => true;

/** Changes one timed event. */
const brokenTime = (
  says: string,
  reported: Reported,
  change: (told: Told, world: Broken, pick: Pick) => unknown,
  fits: (row: Times, world: Broken) => boolean = isAny,
): Breakage =>
  broken(says, reported, (world, pick) => {
    const all = [world.bookings, world.sessions].flatMap((of) => of.timerEvents.map((told) => ({ told, of })));
    const one = pick(all.filter(({ told }) => fits(told, world)));
    change(one, world, pick);
    return one.told.aggregate_id;
  });

const isNamed = (id: string) => (copy: { readonly id: string }) => copy.id === id;

const forget = ({ told, of }: Told, world: Broken): void => {
  drop(of.published, ({ message_id }) => message_id === told.message_id);
  drop(world.wire, isNamed(told.message_id));
};

/** Of a session that has not changed since. */
const isStillTrue = ({ type, aggregate_id, due_at }: Times, { sessions, now }: Broken): boolean =>
  type === 'session.start-overdue' &&
  due_at < now - 10_000 &&
  sessions.sessions.some(({ id, status }) => id === aggregate_id && status === 'scheduled');

const hasStarted = ({ type, aggregate_id }: Times, { sessions }: Broken): boolean =>
  type === 'session.start-overdue' &&
  sessions.sessions.some(({ id, status }) => id === aggregate_id && status !== 'scheduled');

const sayAt = (world: Broken, { told }: Told, at: number): void =>
  sayOtherwise(world, isNamed(told.message_id), (body) => (body['time'] = new Date(at).toISOString()));

export const brokenTimes: readonly Breakage[] = [
  brokenTime(
    'what was due and is still true was never published',
    { by: ['I13'], also: ['I8'] },
    (one, world) => {
      forget(one, world);
      drop(one.of.timerEvents, (row) => row === one.told);
    },
    isStillTrue,
  ),
  brokenTime('it counts as published and has no event', { by: ['I7'], also: ['I8'] }, forget),
  brokenTime('it was published twice', { by: ['I7', 'I13'], also: ['I9'] }, ({ told, of }, world) => {
    const row = rowOf(of.published, told.type, told.aggregate_id);
    const first = of.published.find(({ message_id }) => message_id === told.message_id) ?? row;
    const [message_id, [copy]] = [newId(), copiesOf(world, first)];
    of.published.push({ ...first, message_id });
    if (copy) world.wire.push({ ...copy, id: message_id, body: copy.body.replace(copy.id, message_id) });
  }),
  brokenTime('it was written before it was due', { by: ['I13'] }, ({ told }) => (told.written_at = told.due_at - 1)),
  brokenTime('it says a time before it was due', { by: ['I13'] }, (one, world) =>
    sayAt(world, one, one.told.due_at - 1),
  ),
  brokenTime('it was due at another time', { by: ['I7', 'I13'] }, ({ told }) => (told.due_at += 1)),
  brokenTime(
    'it was published after the session had moved on',
    { by: ['I13'] },
    ({ told }, { sessions }) => (auditOf(sessions.audit, told.aggregate_id, 'in_progress').at = told.written_at - 1),
    hasStarted,
  ),
  brokenTime(
    'a session was to start soon when its start had passed',
    { by: ['I13'] },
    (one, world) => sayAt(world, one, one.told.due_at + one.told.offset_seconds * 1_000),
    ({ type }) => type === 'session.starting-soon',
  ),
  brokenTime('its row has another sequence than the last change', { by: ['I7'] }, ({ told, of }) => {
    for (const row of of.published) if (row.message_id === told.message_id) row.sequence += 1;
  }),
  brokenTime('it is on the wire before the change that it follows', { by: ['I9'] }, ({ told }, { wire }) => {
    wire.unshift(...wire.filter(isNamed(told.message_id)).slice(0, 1));
  }),
];
