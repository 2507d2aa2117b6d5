import type { Claims } from '@mentor-sessions/local-stack/tokens';

/** Users, mentor profiles and listings belong to other systems: here they are ids. */
export const people = {
  mentor: {
    userId: '01980000-0000-7000-8000-00000000aaaa',
    roles: ['mentor'],
    mentorProfileId: '01980000-0000-7000-8000-0000000000aa',
  },
  mentee: { userId: '01980000-0000-7000-8000-00000000bbbb', roles: ['mentee'] },
  operator: { userId: '01980000-0000-7000-8000-00000000dddd', name: 'Olga Operator', roles: ['operator'] },
} as const satisfies Record<string, Claims>;

export const listingId = '01980000-0000-7000-8000-0000000000cc';
