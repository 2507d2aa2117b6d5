import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Asking } from './asking.ts';
import type { HttpAnswer } from './http.ts';
import type { Mentor, People, Person } from './people.ts';

export type AcceptedBooking = { readonly sessionId: string; readonly who: number };
export type StoryContext = {
  readonly ask: Asking;
  readonly people: People;
  /** An hour of this mentor that nobody else asks for. */
  readonly freeHour: (mentor: number) => { readonly start: string; readonly end: string };
  readonly canary: string;
  /** True when nobody should wait any longer. */
  readonly givenUp: () => boolean;
};

const RETRY_MS = 60;
const THINKING_MS = 250;

/** As a person would: what could not be reached, or whose end is unknown, is asked again. */
export const persist = async (
  context: Pick<StoryContext, 'givenUp'>,
  ask: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> => {
  for (;;) {
    const answer = await ask();
    const again = answer.outcome === 'info' || answer.answer === 'refused' || answer.answer.startsWith('503');
    if (!again || context.givenUp()) return answer;
    await pause(RETRY_MS);
  }
};

const request = (context: StoryContext, who: number, hour: object): object => ({
  listingId: randomUUID(),
  mentorProfileId: (context.people.mentors[who] as Mentor).mentorProfileId,
  ...hour,
  notes: `${context.canary} ☕ notes`,
  metadata: { from: 'the fault suite' },
});

const draft = async (context: StoryContext, who: number, hour: object): Promise<string | null> => {
  const mentee = context.people.mentees[who] as Person;
  const body = request(context, who, hour);
  const answer = await persist(context, () =>
    context.ask(mentee, { action: 'create', aggregate: 'booking', id: null, body }),
  );
  return answer.outcome === 'ok' ? (answer.body?.['id'] as string) : null;
};

type Decision = 'accept' | 'decline' | 'cancel';
const decide = (context: StoryContext, person: Person, id: string, action: Decision): Promise<HttpAnswer> =>
  persist(context, () => context.ask(person, { action, aggregate: 'booking', id }));

/** What came of it in the end, whoever's request it was. */
const lookUp = async (context: StoryContext, who: number, id: string): Promise<AcceptedBooking | null> => {
  const mentee = context.people.mentees[who] as Person;
  const { body } = await persist(context, () => context.ask(mentee, { action: 'read', aggregate: 'booking', id }));
  return body?.['status'] === 'accepted' ? { sessionId: body['sessionId'] as string, who } : null;
};

/** One booking, or two that want the same hour; gives those that were accepted. */
export const bookingStory = async (context: StoryContext, random: Random): Promise<AcceptedBooking[]> => {
  const who = random.int(0, context.people.mentors.length - 1);
  const [mentor, colleague] = [context.people.mentors[who] as Mentor, context.people.colleagues[who] as Mentor];
  const [mentee, stranger] = [context.people.mentees[who] as Person, context.people.strangers[who] as Person];
  const hour = context.freeHour(who);
  const id = await draft(context, who, hour);
  if (!id) return [];
  if (random.chance(0.1)) await pause(THINKING_MS);
  const fate = random.next();
  if (fate < 0.04) return []; // nobody decides
  if (fate < 0.08) await decide(context, mentor, id, 'decline');
  else if (fate < 0.12) await decide(context, mentee, id, 'cancel');
  else if (fate < 0.17)
    await Promise.all([decide(context, mentor, id, 'accept'), decide(context, mentee, id, 'cancel')]);
  else if (fate < 0.24)
    await Promise.all([decide(context, mentor, id, 'accept'), decide(context, colleague, id, 'accept')]);
  else if (fate < 0.28) {
    const rival = await draft(context, who, hour);
    await Promise.all([id, rival].filter((one) => one !== null).map((one) => decide(context, mentor, one, 'accept')));
    const both = await Promise.all([id, rival].map(async (one) => (one ? lookUp(context, who, one) : null)));
    return both.filter((one) => one !== null);
  } else {
    if (random.chance(0.03)) await decide(context, stranger, id, 'accept');
    const { outcome, body } = await decide(context, random.pick([mentor, colleague]), id, 'accept');
    if (outcome === 'ok') return [{ sessionId: body?.['sessionId'] as string, who }];
  }
  const accepted = await lookUp(context, who, id);
  return accepted ? [accepted] : [];
};
