import { randomUUID } from 'node:crypto';
import type { Claims } from '@mentor-sessions/local-stack/tokens';

export type Person = {
  readonly userId: string;
  readonly mentorProfileId: string | null;
  readonly token: string;
};
export type Mentor = Person & { readonly mentorProfileId: string };

const HOURS_OF_A_LONG_RUN = '12h';

/** All users of a run. Tokens are signed once, since signing costs more than a request. */
export const invite = async (token: (claims: Claims) => Promise<string>, count: number) => {
  const person = async (role: 'mentor' | 'mentee', mentorProfileId: string | null): Promise<Person> => {
    const userId = randomUUID();
    return {
      userId,
      mentorProfileId,
      token: await token({ userId, roles: [role], mentorProfileId, expiresIn: HOURS_OF_A_LONG_RUN }),
    };
  };
  const profiles = Array.from({ length: count }, () => randomUUID());
  const mentorsOf = () => Promise.all(profiles.map((profile) => person('mentor', profile))) as Promise<Mentor[]>;
  return {
    mentors: await mentorsOf(),
    /** Other users of the same profile, for each mentor. */
    colleagues: await mentorsOf(),
    mentees: await Promise.all(profiles.map(() => person('mentee', null))),
    /** Mentors with another profile. */
    strangers: (await Promise.all(profiles.map(() => person('mentor', randomUUID())))) as Mentor[],
  };
};

export type People = Awaited<ReturnType<typeof invite>>;
