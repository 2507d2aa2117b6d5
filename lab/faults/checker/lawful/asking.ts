import type { Action, Operation } from '../../evidence/history.ts';
import type { Person, World } from './world.ts';

/** A booking or a session as its people meet it. */
export type Thing = {
  readonly aggregate: Operation['aggregate'];
  readonly id: string;
  readonly status: () => string | null;
  /** Does it if it may be done; the answer either way. */
  readonly attempt: (action: Action, person: Person) => string;
  /** Effects of requests that have found no answer, still to come. */
  readonly later: (() => void)[];
};
type Ask = readonly [Action, Person];
type Fate = Pick<Operation, 'outcome' | 'answer'> & { readonly effect: 'now' | 'later' | 'never' };

const unanswered = ['ECONNRESET', '503 outcome-unknown', 'no answer in time', 'EPIPE'];

const fateOf = ({ tape }: World): Fate | null => {
  if (!tape.chance(0.25)) return null; // answered
  if (tape.chance(0.3)) return { outcome: 'fail', answer: tape.pick(['refused', '503 unavailable']), effect: 'never' };
  return { outcome: 'info', answer: tape.pick(unanswered), effect: tape.pick(['now', 'later', 'never']) };
};

/** Who asks, and as far as this run records it whose profile they have. */
export const actorOf = ({ recordsProfiles }: World, { userId, mentorProfileId }: Person) => ({
  actor: userId,
  ...(recordsProfiles && { mentorProfileId }),
});

const toldStatus = (answer: string, thing: Thing): string | null =>
  /^200|^409 invalid-transition/.test(answer) ? thing.status() : null;

/** Requests that overlap: each takes effect once all were sent, in any order, and before the first one is answered. */
export const round = (world: World, thing: Thing, asks: readonly Ask[]): void => {
  const { tape, tick, operations } = world;
  const waiting = asks.map(([action, person]) => ({ action, person, invokedAt: tick(), fate: fateOf(world) }));
  const endings: (() => void)[] = [];
  const effects = waiting.map(({ action, person, invokedAt, fate }) => () => {
    const attempt = () => thing.attempt(action, person);
    if (fate?.effect === 'later') thing.later.push(attempt);
    const answer = !fate || fate.effect === 'now' ? attempt() : '';
    const status = fate ? null : toldStatus(answer, thing);
    const known = { outcome: answer.startsWith('2') ? ('ok' as const) : ('fail' as const), answer };
    const { outcome, answer: heard } = fate ?? known;
    const asked = { action, aggregate: thing.aggregate, id: thing.id, ...actorOf(world, person), invokedAt };
    endings.push(() =>
      operations.push({ n: operations.length, ...asked, endedAt: tick(), outcome, answer: heard, status }),
    );
  });
  const late = thing.later.filter(() => tape.chance(0.5));
  for (const one of late) thing.later.splice(thing.later.indexOf(one), 1);
  for (const effect of tape.shuffle([...late, ...effects])) effect();
  for (const end of tape.shuffle(endings)) end();
};

/** What is still under way when everybody has gone takes effect, or never does. */
export const settle = ({ tape }: World, { later }: Thing): void => {
  for (const effect of later.splice(0)) if (tape.chance(0.5)) effect();
};
