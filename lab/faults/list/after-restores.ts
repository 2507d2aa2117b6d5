import { randomUUID } from 'node:crypto';
import { createAsking, type Asking } from '../driver/http.ts';
import type { NamedSession } from '../evidence/evidence.ts';
import type { Mentor, Person } from '../driver/people.ts';
import type { FaultWorld } from '../world/fault-world.ts';

/** Maximum of each kind; the rest stays as the restore left it. */
const SOME = 30;

const askingIn = (world: FaultWorld): Asking => createAsking(world.http, world.history, world.leaks);

const mentorOf = (world: FaultWorld, profile: string): Mentor =>
  world.people.mentors.find(({ mentorProfileId }) => mentorProfileId === profile) as Mentor;

const menteeOf = (world: FaultWorld, userId: string): Person =>
  world.people.mentees.find((mentee) => mentee.userId === userId) as Person;

const A_DAY_MS = 86_400_000;
const SLOT_MS = 300_000;

/** Requests bookings before the restored time; the returned function accepts them after it. */
export const requestSome = async (world: FaultWorld): Promise<() => Promise<void>> => {
  const ask = askingIn(world);
  const { mentors, mentees } = world.people;
  const first = Math.ceil(Date.now() / SLOT_MS) * SLOT_MS + 200 * A_DAY_MS;
  const made: { id: string; mentor: Mentor }[] = [];
  for (let n = 0; n < SOME; n++) {
    const who = n % mentors.length;
    const [mentor, mentee] = [mentors[who] as Mentor, mentees[who] as Person];
    const [start, end] = [n, n + 1].map((slot) => new Date(first + slot * SLOT_MS).toISOString());
    const body = { listingId: randomUUID(), mentorProfileId: mentor.mentorProfileId, start, end };
    const answer = await ask(mentee, { action: 'create', aggregate: 'booking', id: null, body });
    if (answer.outcome === 'ok') made.push({ id: String(answer.body?.['id']), mentor });
  }
  return async () => {
    for (const { id, mentor } of made) await ask(mentor, { action: 'accept', aggregate: 'booking', id });
  };
};

type Draft = { readonly id: string; readonly mentor: string; readonly mentee: string };

const drafts = `select id, mentor_profile_id as mentor, mentee_user_id as mentee from bookings
  where status = 'draft' and id = any($1::uuid[]) order by id`;

/** Accepts or cancels bookings that are drafts again and have a session; leaves some. */
export const acceptAgain = async (world: FaultWorld, taken: ReadonlySet<string>): Promise<string> => {
  const ask = askingIn(world);
  const rows = await world.rows.bookings.query<Draft>(drafts, [[...taken]]);
  const booked = new Set(
    (
      await world.rows.sessions.query<{ id: string }>(
        'select booking_id as id from sessions where booking_id = any($1::uuid[])',
        [[...taken]],
      )
    ).map(({ id }) => id),
  );
  const again = rows.filter(({ id }) => booked.has(id));
  let [accepted, cancelled] = [0, 0];
  for (const [n, { id, mentor, mentee }] of again.entries()) {
    const of = { aggregate: 'booking', id } as const;
    if (n % 3 === 0)
      accepted += (await ask(mentorOf(world, mentor), { action: 'accept', ...of })).outcome === 'ok' ? 1 : 0;
    if (n % 3 === 1)
      cancelled += (await ask(menteeOf(world, mentee), { action: 'cancel', ...of })).outcome === 'ok' ? 1 : 0;
  }
  return `${again.length} of them drafts with a session: ${accepted} accepted again, ${cancelled} cancelled`;
};

type Hour = { readonly mentor: string; readonly mentee: string; readonly start: Date; readonly end: Date };

const lostHours = `select mentor_profile_id as mentor, mentee_user_id as mentee, start_time as start, end_time as "end"
  from sessions where booking_id = any($1::uuid[]) order by id limit ${SOME}`;

/** Books hours again that are free in bookings and have a session in sessions. */
export const bookLostHours = async (world: FaultWorld, taken: ReadonlySet<string>): Promise<string> => {
  const ask = askingIn(world);
  let booked = 0;
  for (const hour of await world.rows.sessions.query<Hour>(lostHours, [[...taken]])) {
    const [start, end] = [hour.start.toISOString(), hour.end.toISOString()];
    const body = { listingId: randomUUID(), mentorProfileId: hour.mentor, start, end };
    const mentee = menteeOf(world, hour.mentee);
    const made = await ask(mentee, { action: 'create', aggregate: 'booking', id: null, body });
    if (made.outcome !== 'ok') continue;
    const id = String(made.body?.['id']);
    const { outcome } = await ask(mentorOf(world, hour.mentor), { action: 'accept', aggregate: 'booking', id });
    if (outcome === 'ok') booked += 1;
  }
  return `${booked} hours booked a second time`;
};

const early = `select id, status, mentor_profile_id as mentor from sessions
  where id = any($1::uuid[]) and status <> 'completed' order by id`;

/** Starts or completes every other session that returned to an earlier state. */
export const completeAgain = async (world: FaultWorld, named: readonly NamedSession[]): Promise<string> => {
  const ask = askingIn(world);
  const ahead = named.filter(({ state }) => state === 'ahead').filter((_, n) => n % 2 === 0);
  const ids = ahead.map(({ sessionId }) => sessionId);
  const rows = await world.rows.sessions.query<{ id: string; status: string; mentor: string }>(early, [ids]);
  let completed = 0;
  for (const { id, status, mentor } of rows) {
    const of = { aggregate: 'session', id } as const;
    if (status === 'scheduled') await ask(mentorOf(world, mentor), { action: 'start', ...of });
    if ((await ask(mentorOf(world, mentor), { action: 'complete', ...of })).outcome === 'ok') completed += 1;
  }
  return `${completed} sessions started and completed again`;
};
