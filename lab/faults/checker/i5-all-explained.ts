import type { Invariant, Violation, AuditRow, Evidence } from '../evidence/evidence.ts';
import type { Action, Operation } from '../evidence/history.ts';
import { moves } from './moves.ts';

const refusals: Record<Action, readonly string[]> = {
  create: [],
  accept: ['403 forbidden', '409 invalid-transition', '409 mentor-double-booked'],
  decline: ['403 forbidden', '409 invalid-transition'],
  cancel: ['403 forbidden', '409 invalid-transition'],
  start: ['403 forbidden', '404 not-found', '409 invalid-transition'],
  complete: ['403 forbidden', '404 not-found', '409 invalid-transition'],
  read: ['403 forbidden', '404 not-found'],
};

/** Nothing was sent, or not completely, or the API had no database: no effect, retry. */
const withoutEffect = ['refused', '408 request-timeout', '503 unavailable'];

const isHttp = (answer: string): boolean => /^\d{3}/.test(answer);

const isKnown = ({ action, outcome, answer, status }: Operation): boolean => {
  if (outcome === 'ok') return answer === (action === 'create' ? '201' : '200') && status !== null;
  if (outcome === 'info') return !isHttp(answer) || answer === '503 outcome-unknown';
  if (answer === '409 invalid-transition') return refusals[action].includes(answer) && status !== null;
  return withoutEffect.includes(answer) || refusals[action].includes(answer);
};

/** The only responses to valid requests, whatever fails. */
const answersAreKnown: Invariant = ({ operations }) =>
  operations
    .filter((operation) => !isKnown(operation))
    .map((witness) => ({ invariant: 'I5' as const, says: 'an answer that nothing explains', witness }));

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I5', says, witness });

/** Each booking was requested: by the answered request that returned its id, or by one with an unknown outcome. */
const creationsAreExplained: Invariant = ({ operations, bookings }) => {
  const creates = operations.filter(({ action }) => action === 'create');
  const answered = creates.filter(({ outcome }) => outcome === 'ok');
  const rows = new Map(bookings.bookings.map((row) => [row.id, row]));
  const asked = Map.groupBy(answered, ({ id }) => id);
  const missing = answered
    .filter(({ id, actor }) => rows.get(id ?? '')?.mentee_user_id !== actor)
    .map((operation) => violation('a booking that was answered is not there, or another’s', operation));
  const twice = [...asked.values()]
    .filter(({ length }) => length > 1)
    .map((both) => violation('two requests were answered with one booking', both));
  const unknown = Map.groupBy(
    creates.filter(({ outcome }) => outcome === 'info'),
    ({ actor }) => actor,
  );
  const unnamed = bookings.bookings.filter(({ id }) => !asked.has(id));
  const surplus = [...Map.groupBy(unnamed, ({ mentee_user_id }) => mentee_user_id)]
    .map(([mentee, own]) => ({ mentee, unknown: unknown.get(mentee)?.length ?? 0, bookings: own.map(({ id }) => id) }))
    .filter((each) => each.bookings.length > each.unknown)
    .map((witness) => violation('more bookings than anyone asked for', witness));
  return [...missing, ...twice, ...surplus];
};

type Change = { readonly audit: AuditRow[]; readonly asked: Operation[] };

const checkChange = (key: string, { audit, asked }: Change): Violation[] => {
  const ok = asked.filter(({ outcome }) => outcome === 'ok');
  const witness = { change: key, audit, operations: asked };
  if (ok.length > audit.length) return [violation('a change that was answered is missing from the audit', witness)];
  if (audit.length > 1) return [violation('a change is in the audit twice', witness)];
  const [row] = audit;
  if (!row) return [];
  const explaining = ok.length > 0 ? ok : asked.filter(({ outcome }) => outcome === 'info');
  if (explaining.some(({ actor }) => actor === row.actor_user_id)) return [];
  return [violation('no one explains a change in the audit: all that asked for it were refused', witness)];
};

/** Each change that was requested or is in an audit. */
const changesAreExplained: Invariant = ({ operations, bookings, sessions }) => {
  const changes = new Map<string, Change>();
  const changeOf = (id: string | null, to: string): Change => {
    const key = `${id} → ${to}`;
    const change = changes.get(key) ?? { audit: [], asked: [] };
    changes.set(key, change);
    return change;
  };
  for (const row of [...bookings.audit, ...sessions.audit])
    if (row.from_status !== null) changeOf(row.id, row.to_status).audit.push(row);
  for (const operation of operations) {
    const move = moves[operation.action];
    if (move) changeOf(operation.id, move.to).asked.push(operation);
  }
  return [...changes].flatMap(([key, change]) => checkChange(key, change));
};

type People = { readonly mentor_profile_id: string; readonly mentee_user_id: string };
type Deed = { readonly actor: string | null; readonly action: Action; readonly people: People };
type Profiles = ReadonlyMap<string | null, string | null>;

/** Null: the history does not have the actor's profile. */
const may = ({ actor, action, people }: Deed, profiles: Profiles): boolean | null => {
  const isMentee = actor === people.mentee_user_id;
  if (action === 'cancel') return isMentee;
  if (isMentee) return action === 'start' || action === 'read';
  const profile = profiles.get(actor);
  return profile === undefined ? null : profile === people.mentor_profile_id;
};

const actionTo = new Map(Object.entries(moves).map(([action, { to }]) => [to, action as Action]));

/** Changes by the audit, which includes those without a response; and reads. */
const done = ({ bookings, sessions, operations }: Evidence) => [
  ...[...bookings.audit, ...sessions.audit].flatMap((row) => {
    const action = actionTo.get(row.to_status); // the first row has none
    return action ? [{ id: row.id, actor: row.actor_user_id, action, found: row }] : [];
  }),
  ...operations
    .filter(({ action, outcome }) => action === 'read' && outcome === 'ok')
    .map((operation) => ({ ...operation, found: operation })),
];

const refused = ({ operations }: Evidence) =>
  operations.filter(({ answer }) => answer.startsWith('403')).map((operation) => ({ ...operation, found: operation }));

const peopleOf = ({ bookings, sessions }: Evidence): Map<string | null, People> =>
  new Map(
    [...bookings.bookings, ...sessions.sessions].map(({ id, mentor_profile_id, mentee_user_id }) => [
      id,
      { mentor_profile_id, mentee_user_id },
    ]),
  );

/** Only the two people of the booking, each for their own part. */
const rightPeople: Invariant = (evidence) => {
  const peopleById = peopleOf(evidence);
  const profiles: Profiles = new Map(
    evidence.operations.flatMap(({ actor, mentorProfileId }) =>
      mentorProfileId === undefined ? [] : [[actor, mentorProfileId]],
    ),
  );
  const wrong = (deeds: ReturnType<typeof done>, allowed: boolean, says: string) =>
    deeds.flatMap(({ id, actor, action, found }) => {
      const people = peopleById.get(id);
      if (!people || may({ actor, action, people }, profiles) !== allowed) return [];
      return [{ invariant: 'I5' as const, says, witness: { found, people } }];
    });
  return [
    ...wrong(done(evidence), false, 'someone did what is not theirs to do'),
    ...wrong(refused(evidence), true, 'someone was refused what is theirs to do'),
  ];
};

/** I5: every ok change is in the audit once, no refused one is, and every row has an ok or info request. */
export const allExplained: Invariant = (evidence) =>
  [changesAreExplained, creationsAreExplained, answersAreKnown, rightPeople].flatMap((part) => part(evidence));
