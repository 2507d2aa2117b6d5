import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { keptSeed } from '../start/kept.ts';
import { describeStack } from '../start/stack-file.ts';
import type { RunningStack } from '../start/stack.ts';
import { apisFor, freeFrom, HOUR_MS, type Apis } from '../walk/apis.ts';
import { people } from '../walk/people.ts';
import { walkOne } from '../walk/walk-one.ts';
import { mentees, mentors, outcomes, stories, type Story } from './world.ts';

type As = (person: Claims) => Apis;

/** Under the same keys each time: the second time, each request gets its first answer and changes nothing. */
const tell = ({ mentor, mentee, outcome, hour, ...story }: Story, n: number, from: Date, as: As) => {
  const start = new Date(from.getTime() + hour * HOUR_MS);
  return walkOne({
    mentor: as(mentor),
    mentee: as(mentee),
    until: outcome,
    wish: { ...story, mentorProfileId: mentor.mentorProfileId, start, source: 'seed' },
    keyOf: (action) => `seed-${n}-${action}`,
  });
};

/** A small world through the public APIs. */
export const seed = async (running: RunningStack): Promise<void> => {
  const { stack, isKept } = running;
  const tokens = new Map([...mentors, ...mentees].map((person) => [person.userId, stack.token(person)]));
  const as: As = ({ userId }) => apisFor(describeStack(running), tokens.get(userId) as Promise<string>);
  const before = isKept ? await keptSeed.find() : undefined;
  const from = before ?? (await freeFrom(as(people.mentor)));
  if (isKept) await keptSeed.keep(from);
  await Promise.all(stories.map((story, n) => tell(story, n, from, as)));
  const counts = outcomes.map((outcome) => `${stories.filter((story) => story.outcome === outcome).length} ${outcome}`);
  console.log(
    `\nA small world${before ? ' (it was there already)' : ''}: ${counts.join(', ')}, from ${from.toISOString()} on.`,
  );
  const flags = [
    ...mentors.map(
      ({ userId, mentorProfileId }) => `--user ${userId} --roles mentor --mentor-profile ${mentorProfileId}`,
    ),
    ...mentees.map(({ userId }) => `--user ${userId} --roles mentee`),
  ];
  for (const each of flags) console.log(`  npm run -s token -- ${each}`);
};
