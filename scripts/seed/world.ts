import { listingId, people } from '../walk/people.ts';

const id = (kind: string, n: number): string => `01980000-0000-7000-8000-0000000${kind}000${n}`;
const mentor = (n: number) => ({ userId: id('a', n), roles: ['mentor'], mentorProfileId: id('c', n) });
const mentee = (n: number) => ({ userId: id('b', n), roles: ['mentee'] });

/** Those of the printed tokens, and others: names belong to another system. */
export const mentors = [people.mentor, mentor(1), mentor(2)];
export const mentees = [people.mentee, mentee(1), mentee(2), mentee(3)];

const listings = [listingId, id('d', 1), id('d', 2)];

/** How far each story goes. */
export const outcomes = ['draft', 'declined', 'cancelled', 'scheduled', 'in_progress', 'completed'] as const;
export type Outcome = (typeof outcomes)[number];

export type Story = {
  readonly mentor: (typeof mentors)[number];
  readonly mentee: (typeof mentees)[number];
  readonly listingId: string;
  /** From the beginning of the world. */
  readonly hour: number;
  readonly minutes: number;
  readonly outcome: Outcome;
  readonly notes: string | null;
};

type Line = readonly [mentor: number, mentee: number, hour: number, minutes: number, Outcome, notes?: string];

const lines: readonly Line[] = [
  [0, 0, 9, 60, 'completed', 'How do I find my first job as an engineer?'],
  [0, 1, 11, 30, 'completed', 'A second pair of eyes on my CV, please.'],
  [0, 0, 33, 60, 'in_progress', 'Preparing for a system design interview.'],
  [0, 2, 35, 60, 'scheduled', 'Moving from support into development.'],
  [0, 0, 57, 45, 'scheduled'],
  [0, 3, 57, 45, 'draft', 'The same hour as another, if it becomes free.'],
  [0, 0, 81, 60, 'draft', 'What should I learn next?'],
  [0, 1, 83, 60, 'declined', 'Could you review my whole thesis?'],
  [0, 0, 105, 60, 'cancelled'],
  [1, 0, 10, 60, 'completed', 'Negotiating a salary.'],
  [1, 2, 34, 90, 'in_progress', 'Pair programming: a queue in TypeScript.'],
  [1, 3, 58, 60, 'scheduled', 'From one language to another.'],
  [1, 1, 82, 60, 'draft'],
  [2, 3, 12, 30, 'completed', 'Working with a difficult colleague.'],
  [2, 0, 36, 60, 'declined'],
  [2, 1, 60, 60, 'scheduled', 'Speaking at a conference for the first time.'],
  [2, 2, 84, 60, 'cancelled', 'I have found an answer, thank you!'],
  [2, 0, 108, 24 * 60, 'draft', 'A hackathon: a whole day.'],
];

export const stories: readonly Story[] = lines.map(([m, n, hour, minutes, outcome, notes = null]) => ({
  mentor: mentors[m]!,
  mentee: mentees[n]!,
  listingId: listings[m]!,
  hour,
  minutes,
  outcome,
  notes,
}));
