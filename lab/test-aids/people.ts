import type { Claims } from '@mentor-sessions/local-stack/tokens';

export const menteeId = '01980000-0000-7000-8000-00000000000a';
export const mentorId = '01980000-0000-7000-8000-00000000000b';
export const profileId = '01980000-0000-7000-8000-0000000000b0';

const colleagueId = '01980000-0000-7000-8000-00000000000c';
const strangerId = '01980000-0000-7000-8000-00000000000d';
const otherMenteeId = '01980000-0000-7000-8000-00000000000e';
const otherProfileId = '01980000-0000-7000-8000-0000000000d0';

const both = ['mentor', 'mentee'];

/** Every kind of caller, relative to one booking or session, by the names in the tables of expectations. */
export const people = {
  'its mentor': { userId: mentorId, roles: ['mentor'], mentorProfileId: profileId },
  'another user of the mentor profile': { userId: colleagueId, roles: both, mentorProfileId: profileId },
  'its mentee': { userId: menteeId, roles: ['mentee'], mentorProfileId: null },
  'its mentee, a mentor elsewhere': { userId: menteeId, roles: both, mentorProfileId: otherProfileId },
  'its mentee, now of the mentor profile': { userId: menteeId, roles: both, mentorProfileId: profileId },
  'its mentee, there as mentor only': { userId: menteeId, roles: ['mentor'], mentorProfileId: profileId },
  'its mentee without the role': { userId: menteeId, roles: ['mentor'], mentorProfileId: null },
  'its mentor without the role': { userId: mentorId, roles: ['mentee'], mentorProfileId: profileId },
  'its mentor without the profile': { userId: mentorId, roles: ['mentor'], mentorProfileId: null },
  'a stranger with both roles': { userId: strangerId, roles: both, mentorProfileId: otherProfileId },
  'another mentor': { userId: strangerId, roles: ['mentor'], mentorProfileId: otherProfileId },
  'another mentee': { userId: otherMenteeId, roles: ['mentee'], mentorProfileId: null },
  'an operator': { userId: strangerId, roles: ['operator'], mentorProfileId: null },
  'someone without roles': { userId: menteeId, roles: [], mentorProfileId: profileId },
} as const satisfies Record<string, Claims>;

export type Person = keyof typeof people;
export const everybody = Object.keys(people) as Person[];

/** The callers of the authorization matrix by its column names; null: no token. */
export const actors = {
  nobody: null,
  expired: { ...people['its mentor'], expiresIn: -60 },
  mentor: people['its mentor'],
  mentee: people['its mentee'],
  'other mentor': people['another mentor'],
  'other mentee': people['another mentee'],
  stranger: people['a stranger with both roles'],
  'mentor as mentee': people['its mentor without the role'],
  'mentee as mentor': people['its mentee without the role'],
} as const satisfies Record<string, Claims | null>;

export type ActorName = keyof typeof actors;
