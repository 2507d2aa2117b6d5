import type { Evidence, Invariant } from '../evidence/evidence.ts';
import type { Action } from '../evidence/history.ts';
import { moves } from './moves.ts';

type People = { readonly mentor_profile_id: string; readonly mentee_user_id: string };
type Deed = { readonly actor: string | null; readonly action: Action; readonly people: People };
type Profiles = ReadonlyMap<string | null, string | null>;

/** Null: the history does not say whose profile the actor has. */
const may = ({ actor, action, people }: Deed, profiles: Profiles): boolean | null => {
  const isMentee = actor === people.mentee_user_id;
  if (action === 'cancel') return isMentee;
  if (isMentee) return action === 'start' || action === 'read';
  const profile = profiles.get(actor);
  return profile === undefined ? null : profile === people.mentor_profile_id;
};

const actionTo = new Map(Object.entries(moves).map(([action, { to }]) => [to, action as Action]));

/** What was done, by the audit, which knows who did what nobody was answered; and what was read. */
const done = ({ bookings, sessions, operations }: Evidence) => [
  ...[...bookings.audit, ...sessions.audit].flatMap((row) => {
    const action = actionTo.get(row.to_status); // a birth has none
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

/** Only the two people, each for their own part, and they always. */
export const rightPeople: Invariant = (evidence) => {
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
    ...wrong(done(evidence), false, 'somebody did what is not theirs to do'),
    ...wrong(refused(evidence), true, 'somebody was refused what is theirs to do'),
  ];
};
