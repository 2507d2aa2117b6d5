import { expect, test } from '@jest/globals';
import { end, noon, start } from '../../test/a-booking.ts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { menteeId, people, profileId } from '@mentor-sessions/lab/people';
import { defaultBounds, requestBooking, type Terms } from './booking.ts';

const mentee = people['its mentee'];
const id = '01980000-0000-7000-8000-000000000001';
const request = (terms: Terms, actor: Actor) => requestBooking(terms, { id, actor, now: noon, bounds: defaultBounds });
const listingId = '01980000-0000-7000-8000-000000000002';
const terms: Terms = {
  listingId,
  mentorProfileId: profileId,
  startTime: start,
  endTime: end,
  notes: 'hello',
  metadata: { a: 'b' },
};

const invalid = (...paths: string[]) =>
  expect.objectContaining({ status: 400, extras: { errors: paths.map((path) => expect.objectContaining({ path })) } });

test('a mentee requests a booking for themself', () => {
  expect(request(terms, mentee)).toEqual({
    id: id,
    listingId,
    mentorProfileId: profileId,
    menteeUserId: menteeId,
    startTime: start,
    endTime: end,
    notes: 'hello',
    metadata: { a: 'b' },
  });
});

test('a mentor who is also a mentee may request a booking with another mentor', () => {
  expect(request(terms, people['a stranger with both roles']).mentorProfileId).toBe(profileId);
});

test('only a mentee may request a booking', () => {
  const mentorElsewhere = { ...people['a stranger with both roles'], roles: ['mentor', 'operator'] };
  expect(() => request(terms, mentorElsewhere)).toThrow(expect.objectContaining({ code: 'forbidden' }));
});

test('no one can book themself, whatever their roles: 400 comes before 403', () => {
  for (const person of ['another user of the mentor profile', 'its mentor', 'its mentor without the role'] as const) {
    expect(() => request(terms, people[person])).toThrow(invalid('body.mentorProfileId'));
  }
});

test('a booking may start now, but not in the past', () => {
  expect(request({ ...terms, startTime: noon }, mentee).startTime).toEqual(noon);
  const past = new Date(noon.getTime() - 1);
  expect(() => request({ ...terms, startTime: past }, mentee)).toThrow(invalid('body.start'));
});

test('a booking ends after it starts', () => {
  expect(() => request({ ...terms, endTime: start }, mentee)).toThrow(invalid('body.end'));
});

const hours = (from: Date, count: number, ms = 0) => new Date(from.getTime() + count * 3_600_000 + ms);

test('a booking is as long as the bounds allow, and no millisecond longer', () => {
  expect(request({ ...terms, endTime: hours(start, 24) }, mentee).startTime).toEqual(start);
  expect(() => request({ ...terms, endTime: hours(start, 24, 1) }, mentee)).toThrow(invalid('body.end'));
});

test('a booking starts as far ahead as the bounds allow, and no millisecond later', () => {
  const last = hours(noon, 24 * 731);
  expect(request({ ...terms, startTime: last, endTime: hours(last, 1) }, mentee).startTime).toEqual(last);
  const later = hours(last, 0, 1);
  expect(() => request({ ...terms, startTime: later, endTime: hours(later, 1) }, mentee)).toThrow(
    invalid('body.start'),
  );
});

test('all problems are reported at once', () => {
  const past = new Date(0);
  const wrong = { ...terms, startTime: past, endTime: past };
  const self = people['another user of the mentor profile'];
  expect(() => request(wrong, self)).toThrow(invalid('body.mentorProfileId', 'body.start', 'body.end'));
});
