import { z } from 'zod';
import { metadata, timestamp, uuid } from './primitives.ts';

/**
 * What a session takes over from its booking unchanged. A field that passes through from a booking to every event of its
 * session is added here; in a version that is published already it must be optional.
 */
export const terms = z.object({
  listingId: uuid.describe('the mentor’s offer that was booked'),
  mentorProfileId: uuid.describe('profile id of the mentor'),
  menteeUserId: uuid.describe('user id of the mentee'),
  start: timestamp.describe('agreed start; never changes'),
  end: timestamp.describe('agreed end; never changes'),
  metadata: metadata.describe('set by the mentee’s client, passed on unchanged'),
});

export type Terms = z.infer<typeof terms>;

const names = Object.keys(terms.shape) as (keyof Terms)[];

/** The terms of a row or an event that holds them beside other values. */
export const termsOf = (from: Terms): Terms => Object.fromEntries(names.map((name) => [name, from[name]])) as Terms;
