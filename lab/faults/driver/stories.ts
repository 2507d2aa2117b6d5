import { setTimeout as pause } from 'node:timers/promises';
import type { Asking, HttpAnswer } from './http.ts';
import type { People, Mentor, Person } from './people.ts';
import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';

export type StoryContext = {
  readonly ask: Asking;
  readonly people: People;
  /** A free hour of this mentor. */
  readonly freeHour: (mentor: number) => { readonly start: string; readonly end: string };
  readonly canary: string;
  /** True when nothing should wait any longer. */
  readonly givenUp: () => boolean;
};

const RETRY_MS = 60;

/** Retries what could not be sent or has an unknown outcome. */
const persist = async ({ givenUp }: StoryContext, ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
  for (;;) {
    const answer = await ask();
    const again = answer.outcome === 'info' || answer.answer === 'refused' || answer.answer.startsWith('503');
    if (!again || givenUp()) return answer;
    await pause(RETRY_MS);
  }
};

export type AcceptedBooking = { readonly sessionId: string; readonly who: number };

type Hour = { readonly start: string; readonly end: string };
/** One mentor with a colleague of the same profile, one mentee, one mentor of another profile, and an hour. */
type Scene = {
  readonly context: StoryContext;
  readonly random: Random;
  readonly mentor: Mentor;
  readonly colleague: Mentor;
  readonly mentee: Person;
  readonly stranger: Mentor;
  readonly hour: Hour;
};
type Decision = 'accept' | 'decline' | 'cancel';

const THINKING_MS = 250;

const draft = async ({ context, mentor, mentee, hour }: Scene): Promise<string | null> => {
  const body = {
    listingId: randomUUID(),
    mentorProfileId: mentor.mentorProfileId,
    ...hour,
    notes: `${context.canary} ☕ notes`,
    metadata: { from: 'the fault suite' },
  };
  const create = () => context.ask(mentee, { action: 'create', aggregate: 'booking', id: null, body });
  const { outcome, body: made } = await persist(context, create);
  return outcome === 'ok' ? (made?.['id'] as string) : null;
};

const decide = ({ context }: Scene, person: Person, id: string, action: Decision): Promise<HttpAnswer> =>
  persist(context, () => context.ask(person, { action, aggregate: 'booking', id }));

/** What happens to a draft, with weights; returns the ids of further bookings. */
type Fate = { readonly share: number; readonly happen: (scene: Scene, id: string) => Promise<readonly string[]> };

const nothingMore: readonly string[] = [];

const fates: readonly Fate[] = [
  { share: 0.04, happen: async () => nothingMore }, // no decision
  { share: 0.04, happen: async (scene, id) => (await decide(scene, scene.mentor, id, 'decline'), nothingMore) },
  { share: 0.04, happen: async (scene, id) => (await decide(scene, scene.mentee, id, 'cancel'), nothingMore) },
  {
    share: 0.05,
    happen: async (scene, id) => {
      await Promise.all([decide(scene, scene.mentor, id, 'accept'), decide(scene, scene.mentee, id, 'cancel')]);
      return nothingMore;
    },
  },
  {
    share: 0.07,
    happen: async (scene, id) => {
      await Promise.all([decide(scene, scene.mentor, id, 'accept'), decide(scene, scene.colleague, id, 'accept')]);
      return nothingMore;
    },
  },
  {
    share: 0.04, // two bookings of one hour, of which the mentor can have only one
    happen: async (scene, id) => {
      const rival = await draft(scene);
      const both = rival ? [id, rival] : [id];
      await Promise.all(both.map((one) => decide(scene, scene.mentor, one, 'accept')));
      return rival ? [rival] : nothingMore;
    },
  },
  { share: 0.02, happen: async (scene, id) => (await decide(scene, scene.stranger, id, 'accept'), nothingMore) },
  {
    share: 1,
    happen: async (scene, id) => {
      const { mentor, colleague, random } = scene;
      await decide(scene, random.pick([mentor, colleague]), id, 'accept');
      return nothingMore;
    },
  },
];

const fateOf = (random: Random): Fate => {
  let left = random.next();
  return fates.find(({ share }) => (left -= share) < 0) as Fate;
};

/** The final state, whichever request caused it. */
const lookUp = async ({ context, mentee }: Scene, id: string): Promise<string | null> => {
  const read = () => context.ask(mentee, { action: 'read', aggregate: 'booking', id });
  const { body } = await persist(context, read);
  return body?.['status'] === 'accepted' ? (body['sessionId'] as string) : null;
};

/** One booking, or two for the same hour; returns those that were accepted. */
export const bookingStory = async (context: StoryContext, random: Random): Promise<AcceptedBooking[]> => {
  const { mentors, colleagues, mentees, strangers } = context.people;
  const who = random.int(0, mentors.length - 1);
  const [mentor, colleague, stranger] = [mentors, colleagues, strangers].map((all) => all[who]) as [
    Mentor,
    Mentor,
    Mentor,
  ];
  const mentee = mentees[who] as Person;
  const scene = { context, random, mentor, colleague, mentee, stranger, hour: context.freeHour(who) };
  const id = await draft(scene);
  if (!id) return [];
  if (random.chance(0.1)) await pause(THINKING_MS);
  const further = await fateOf(random).happen(scene, id);
  const sessions = await Promise.all([id, ...further].map((one) => lookUp(scene, one)));
  return sessions.filter((sessionId) => sessionId !== null).map((sessionId) => ({ sessionId, who }));
};

type Move = 'start' | 'complete';

/** Whether the session exists: it does once the event was handled. */
export const isThere = async (context: StoryContext, { sessionId, who }: AcceptedBooking): Promise<boolean> => {
  const mentee = context.people.mentees[who] as Person;
  return (await context.ask(mentee, { action: 'read', aggregate: 'session', id: sessionId })).outcome === 'ok';
};

/** Requests about an existing session: allowed transitions, races, and forbidden ones. */
export const sessionStory = async (
  context: StoryContext,
  { sessionId, who }: AcceptedBooking,
  random: Random,
): Promise<void> => {
  const [mentor, colleague] = [context.people.mentors[who] as Mentor, context.people.colleagues[who] as Mentor];
  const [mentee, stranger] = [context.people.mentees[who] as Person, context.people.strangers[who] as Person];
  const move = (person: Person, action: Move): Promise<HttpAnswer> =>
    persist(context, () => context.ask(person, { action, aggregate: 'session', id: sessionId }));
  const read = (person: Person) =>
    persist(context, () => context.ask(person, { action: 'read', aggregate: 'session', id: sessionId }));

  if (random.chance(0.05)) await move(mentor, 'complete'); // too early
  if (random.chance(0.03)) await move(stranger, 'start');
  if (random.chance(0.2)) await Promise.all([move(mentor, 'start'), move(mentee, 'start')]);
  else await move(random.pick([mentor, mentee, colleague]), 'start');
  if (random.chance(0.1)) await read(mentee);
  if (random.chance(0.05)) await move(stranger, 'complete');
  if (random.chance(0.15)) return;
  if (random.chance(0.08)) await move(mentee, 'complete'); // may start it, not complete it
  if (random.chance(0.2)) await Promise.all([move(mentor, 'complete'), move(colleague, 'complete')]);
  else await move(random.pick([mentor, colleague]), 'complete');
  if (random.chance(0.1)) await move(mentor, 'start'); // final
  if (random.chance(0.1)) await read(mentor);
};
