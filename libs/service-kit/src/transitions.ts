import type { Actor } from './actor.ts';
import { Conflict, Forbidden } from './errors.ts';

/** A caller with the role of this name whose claim `actor` equals the row’s property `row`. */
const sides = {
  mentor: { row: 'mentorProfileId', actor: 'mentorProfileId' },
  mentee: { row: 'menteeUserId', actor: 'userId' },
} as const;

export type Party = keyof typeof sides;

const parties: readonly Party[] = ['mentor', 'mentee'];

export type Transition<Status extends string = string> = {
  readonly from: Status;
  readonly to: Status;
  readonly by: readonly Party[];
  /** Not by someone who is also on this side, with its role or without. */
  readonly neverBy?: Party;
};

/** A row between two people that goes through a lifecycle. */
type Row = {
  readonly status: string;
  readonly version: number;
  readonly updatedAt: Date;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
};

export type Attempt = { readonly actor: Actor; readonly now: Date };

const isThe = (side: Party, row: Row, actor: Actor): boolean => row[sides[side].row] === actor[sides[side].actor];

/** The lifecycle of one kind of row as a table, and what follows from it: who may do what, and when. */
export const defineLifecycle = <const Moves extends Readonly<Record<string, Transition>>>(table: {
  readonly noun: string;
  readonly transitions: Moves;
}) => {
  type Action = keyof Moves & string;
  const { noun, transitions } = table;
  const actions = Object.keys(transitions) as Action[];

  /** A role alone makes no one a party, nor does an id without its role. */
  const isParty = (side: Party, row: Row, actor: Actor): boolean =>
    actor.roles.includes(side) && isThe(side, row, actor);

  const mayTry = (action: Action, row: Row, actor: Actor): boolean => {
    const { by, neverBy } = transitions[action] as Transition;
    if (neverBy && isThe(neverBy, row, actor)) return false;
    return by.some((side) => isParty(side, row, actor));
  };

  return {
    transitions,
    actions,

    /** What changes in the row. 403 comes before 409. */
    move: <A extends Action>(action: A, row: Row, { actor, now }: Attempt) => {
      const { from, to, by } = transitions[action] as Transition;
      if (!mayTry(action, row, actor)) throw new Forbidden(`Only the ${by.join(' or ')} can ${action} this ${noun}.`);
      if (row.status !== from)
        throw new Conflict('invalid-transition', `A ${noun} that is ${row.status} cannot be ${to}.`, {
          currentStatus: row.status,
        });
      // never before the previous transition, even when the database's clock was set back meanwhile
      const updatedAt = now > row.updatedAt ? now : row.updatedAt;
      return { status: to as Moves[A]['to'], version: row.version + 1, updatedAt };
    },

    /** What would succeed if this caller tried it, as far as the table says. */
    allowedActions: (row: Row, actor: Actor): Action[] =>
      actions.filter((action) => transitions[action]?.from === row.status && mayTry(action, row, actor)),

    assertReadable: (row: Row, actor: Actor): void => {
      if (!parties.some((side) => isParty(side, row, actor)))
        throw new Forbidden(`This ${noun} is between two other people.`);
    },

    /** For each side that the caller can be on, or that one alone, what its rows have in common. */
    ownRows: (actor: Actor, as?: Party): Readonly<Record<string, string>>[] =>
      parties
        .filter((side) => actor.roles.includes(side) && (as === undefined || as === side))
        .flatMap((side) => {
          const id = actor[sides[side].actor];
          return id === null ? [] : [{ [sides[side].row]: id }];
        }),
  };
};
