import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { keptSeed } from '../start/kept.ts';
import { describeStack } from '../start/stack-file.ts';
import type { RunningStack } from '../start/stack.ts';
import { apisFor, expectData, freeFrom } from '../walk/apis.ts';
import { people } from '../walk/people.ts';
import { mentees, mentors, outcomes, stories, type Story } from './world.ts';

const minute = 60_000;

type As = (person: Claims) => ReturnType<typeof apisFor>;

/** Under the same keys each time: the second time, each request gets its first answer and changes nothing. */
const tell = async ({ mentor, mentee, outcome, ...story }: Story, n: number, from: Date, as: As): Promise<void> => {
  const start = new Date(from.getTime() + story.hour * 60 * minute);
  const keyOf = (action: string) => ({ 'Idempotency-Key': `seed-${n}-${action}` });
  const body = {
    listingId: story.listingId,
    mentorProfileId: mentor.mentorProfileId,
    start: start.toISOString(),
    end: new Date(start.getTime() + story.minutes * minute).toISOString(),
    notes: story.notes,
    metadata: { source: 'seed' },
  };
  const request = { body, params: { header: keyOf('request') } };
  const { id } = expectData(await as(mentee).bookings.POST('/bookings', request));
  const paramsOf = (action: string) => ({ params: { path: { id }, header: keyOf(action) } });
  if (outcome === 'draft') return;
  if (outcome === 'declined')
    return void expectData(await as(mentor).bookings.PATCH('/bookings/{id}/decline', paramsOf('decline')));
  if (outcome === 'cancelled')
    return void expectData(await as(mentee).bookings.PATCH('/bookings/{id}/cancel', paramsOf('cancel')));
  const accepted = expectData(await as(mentor).bookings.PATCH('/bookings/{id}/accept', paramsOf('accept')));
  const path = { id: String(accepted.sessionId) };
  const get = async () => expectData(await as(mentee).sessions.GET('/sessions/{id}', { params: { path } }));
  await eventually(get, { within: 60_000, describe: 'GET /sessions/{id} returns 200' });
  if (outcome === 'scheduled') return;
  expectData(await as(mentee).sessions.PATCH('/sessions/{id}/start', { params: { path, header: keyOf('start') } }));
  if (outcome === 'in_progress') return;
  expectData(
    await as(mentor).sessions.PATCH('/sessions/{id}/complete', { params: { path, header: keyOf('complete') } }),
  );
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
