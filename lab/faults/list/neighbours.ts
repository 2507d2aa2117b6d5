import type { Fault } from '../fault.ts';
import { createAsking, type Asking, type HttpAnswer } from '../driver/http.ts';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { invite, type Mentor, type Person } from '../driver/people.ts';
import { createHistory } from '../evidence/history.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { isWrite, linksOf, throughLinks } from './links.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const CROWD = 60;
const BURSTS = 6;
const REFUSED = 3;
const LOCKED_MS = 2_000;
const RETRY_MS = 50;

type Draft = { readonly id: string; readonly mentor: Mentor; readonly mentee: Person };

/** Refuses changes of these bookings, like a trigger of a customer. */
const refuse = (world: FaultWorld, ids: readonly string[]): Promise<unknown> =>
  world.rows.bookings.query(`create or replace function refuse_some() returns trigger language plpgsql as $$ begin
    if new.id = any ('{${ids.join(',')}}') then
      raise exception 'not this one' using errcode = 'check_violation', constraint = 'a_rule_of_the_customer'; end if;
    return new; end $$;
  create or replace trigger refuse_some before update on bookings for each row execute function refuse_some()`);

/** Retries as a client does if nothing was changed. */
const persist = async (ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
  for (;;) {
    const answer = await ask();
    if (!answer.answer.startsWith('503')) return answer;
    await pause(RETRY_MS);
  }
};

/** All accept at the same moment, and read their booking. The first three are refused, the fourth is locked. */
const burst = async (world: FaultWorld, ask: Asking, drafts: readonly Draft[]): Promise<void> => {
  const refused = new Set(drafts.slice(0, REFUSED).map(({ id }) => id));
  const locked = drafts[REFUSED]?.id ?? '';
  await refuse(world, [...refused]);
  const holder = await connected(world.stack.bookings.adminDatabaseUrl);
  await holder.query(`begin; select from bookings where id = '${locked}' for update`);
  const [cut] = linksOf(world, ['bookings api'], 'database').map((link) => link.cutAfter(isWrite, { times: 3 }));
  const unrecorded = createAsking(world.http, createHistory(), world.leaks); // nothing in the tables explains their 500 responses
  let areWaiting = true;
  const accepting = drafts.map(async ({ id, mentor }) => {
    const asking = refused.has(id) ? unrecorded : ask;
    const answer = await persist(() => asking(mentor, { action: 'accept', aggregate: 'booking', id }));
    return { id, answer, wasHeldUp: !areWaiting };
  });
  const reading = drafts.map(({ id, mentee }) => ask(mentee, { action: 'read', aggregate: 'booking', id }));
  await pause(LOCKED_MS);
  areWaiting = false;
  await holder.query('commit');
  await holder.end();
  for (const [n, { outcome, answer, body }] of (await Promise.all(reading)).entries())
    world.expect(outcome === 'ok' && body?.['id'] === drafts[n]?.id, 'a reader gets their booking', answer);
  for (const { id, answer, wasHeldUp } of await Promise.all(accepting)) {
    const isRefused = refused.has(id);
    world.expect((answer.outcome === 'ok') !== isRefused, 'only what the database refuses is refused', answer.answer);
    world.expect(isRefused || answer.body?.['id'] === id, 'a caller gets the answer to their own request', id);
    world.expect(!wasHeldUp || id === locked, 'no one waits for a row that another needs', id);
  }
  cut?.cancel();
};

export const neighbours: Fault = {
  id: 'F56',
  name: 'failing requests share statements with good ones',
  promise: 'a command that is refused, held up or whose response is lost harms none beside it',
  how: `${BURSTS} × ${CROWD} acceptances at the same moment: a trigger refuses three of them, the row of one is locked for two seconds, and the responses to three statements are cut off`,
  setting: () => ({ ...throughLinks(['bookings api'], 'database'), load: { perSecond: 20 } }),
  run: async (world) => {
    const { mentors, mentees } = await invite(world.stack.token, CROWD);
    const ask = createAsking(world.http, world.history, world.leaks);
    let count = 0;
    const tomorrow = Date.now() + 24 * 3_600_000;
    for (let hour = 0; hour < (world.isSmall ? 2 : BURSTS); hour += 1) {
      const at = (n: number) => new Date(tomorrow + n * 3_600_000).toISOString();
      const drafts = await Promise.all(
        mentors.map(async (mentor, n): Promise<Draft> => {
          const mentee = mentees[n] as Person;
          const terms = { mentorProfileId: mentor.mentorProfileId, start: at(hour), end: at(hour + 1) };
          const body = { listingId: randomUUID(), ...terms };
          const made = await ask(mentee, { action: 'create', aggregate: 'booking', id: null, body });
          return { id: String(made.body?.['id']), mentor, mentee };
        }),
      );
      await burst(world, ask, drafts);
      count += drafts.length;
    }
    await world.rows.bookings.query('drop trigger refuse_some on bookings; drop function refuse_some()');
    return `${count} acceptances in bursts`;
  },
};
