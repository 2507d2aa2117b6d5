import type { Actor } from './actor.ts';
import { Conflict, Forbidden } from './errors.ts';

/** A side of a row: the caller has the role of this name, and their `actor` property is the row's `row` property. */
type Party = { readonly row: string; readonly actor: Exclude<keyof Actor, 'roles'> };

type Parties = Readonly<Record<string, Party>>;

export type Transition<Status extends string = string, Side extends string = string> = {
  readonly from: Status;
  readonly to: Status;
  readonly by: readonly Side[];
  /** Not by someone who is also on this side, with its role or without. */
  readonly neverBy?: Side;
};

type Transitions<Sides extends Parties> = Readonly<Record<string, Transition<string, keyof Sides & string>>>;

/** What a row that goes through a lifecycle has. */
type Moving<Sides extends Parties> = {
  readonly status: string;
  readonly version: number;
  readonly updatedAt: Date;
} & Readonly<Record<Sides[keyof Sides]['row'], string>>;

type Attempt = { readonly actor: Actor; readonly now: Date };

/** The lifecycle of one kind of row as a table, and what follows from it: who may do what, and when. */
export const defineLifecycle = <const Sides extends Parties, const Moves extends Transitions<Sides>>(table: {
  readonly noun: string;
  readonly parties: Sides;
  readonly transitions: Moves;
}) => {
  type Row = Moving<Sides>;
  type Action = keyof Moves & string;
  const { noun, parties, transitions } = table;
  const sides = Object.keys(parties);
  const actions = Object.keys(transitions) as Action[];

  const isThe = (side: string, row: Row, actor: Actor): boolean => {
    const { row: theirs, actor: own } = parties[side] as Party;
    return row[theirs as keyof Row] === actor[own];
  };

  /** A role alone makes no one a party, nor does an id without its role. */
  const isParty = (side: string, row: Row, actor: Actor): boolean =>
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
      if (!sides.some((side) => isParty(side, row, actor)))
        throw new Forbidden(`This ${noun} is between two other people.`);
    },

    /** For each side that the caller can be on, or that one alone, what its rows have in common. */
    ownRows: (actor: Actor, as?: keyof Sides): Readonly<Record<string, string>>[] =>
      sides
        .filter((side) => actor.roles.includes(side) && (as === undefined || as === side))
        .flatMap((side) => {
          const { row, actor: own } = parties[side] as Party;
          const id = actor[own];
          return id === null ? [] : [{ [row]: id }];
        }),
  };
};
