import type { Random } from '../random.ts';
import type { AcceptedBooking } from './booking-story.ts';
import { persist } from './persist.ts';
import type { StoryContext } from './persist.ts';
import type { HttpAnswer } from './http.ts';
import type { Mentor, Person } from './people.ts';

type Move = 'start' | 'complete';

/** Whether the session can be read; until the event was handled it is not there. */
export const isThere = async (context: StoryContext, { sessionId, who }: AcceptedBooking): Promise<boolean> => {
  const mentee = context.people.mentees[who] as Person;
  return (await context.ask(mentee, { action: 'read', aggregate: 'session', id: sessionId })).outcome === 'ok';
};

/** What its people do with a session that is there: lawful moves, races for them, and unlawful ones. */
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
  if (random.chance(0.08)) await move(mentee, 'complete'); // hers to start, not to complete
  if (random.chance(0.2)) await Promise.all([move(mentor, 'complete'), move(colleague, 'complete')]);
  else await move(random.pick([mentor, colleague]), 'complete');
  if (random.chance(0.1)) await move(mentor, 'start'); // no way back
  if (random.chance(0.1)) await read(mentor);
};
