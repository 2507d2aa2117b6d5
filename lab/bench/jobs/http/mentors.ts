const id = (kind: string, n: number): string => `01980000-0000-7000-${kind}-${String(n).padStart(12, '0')}`;

/** A hundred people who ask, each with a token of their own. */
export const mentors = Array.from({ length: 100 }, (_, n) => ({
  userId: id('8000', n),
  roles: ['mentor'],
  mentorProfileId: id('9000', n),
}));
