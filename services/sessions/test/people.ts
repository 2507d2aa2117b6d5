import type { Actor } from '@mentor-sessions/service-kit/actor';

export const menteeId = '01980000-0000-7000-8000-00000000000a';
export const mentorId = '01980000-0000-7000-8000-00000000000b';
export const profileId = '01980000-0000-7000-8000-0000000000b0';

const colleagueId = '01980000-0000-7000-8000-00000000000c';
const strangerId = '01980000-0000-7000-8000-00000000000d';
const otherProfileId = '01980000-0000-7000-8000-0000000000d0';

const both = ['mentor', 'mentee'];

/** Everybody who may knock, seen from one booking or session; the names are those of the tables of expectations. */
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
  'an operator': { userId: strangerId, roles: ['operator'], mentorProfileId: null },
  'somebody without roles': { userId: menteeId, roles: [], mentorProfileId: profileId },
} as const satisfies Record<string, Actor>;

export type Person = keyof typeof people;
export const everybody = Object.keys(people) as Person[];
