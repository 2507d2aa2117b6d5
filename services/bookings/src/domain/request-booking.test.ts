import { expect, test } from '@jest/globals';
import { end, noon, start } from '../../test/a-booking.ts';
import { menteeId, people, profileId } from '@mentor-sessions/lab/people';
import { type BookingRequest, requestBooking } from './request-booking.ts';

const mentee = people['its mentee'];
const birth = { id: '01980000-0000-7000-8000-000000000001', now: noon };
const listingId = '01980000-0000-7000-8000-000000000002';
const request: BookingRequest = {
  listingId,
  mentorProfileId: profileId,
  start,
  end,
  notes: 'hello',
  metadata: { a: 'b' },
};

const invalid = (...paths: string[]) =>
  expect.objectContaining({ status: 400, errors: paths.map((path) => expect.objectContaining({ path })) });

test('a mentee asks for a booking, for themself', () => {
  expect(requestBooking(request, mentee, birth)).toEqual({
    id: birth.id,
    listingId,
    mentorProfileId: profileId,
    menteeUserId: menteeId,
    startTime: start,
    endTime: end,
    notes: 'hello',
    metadata: { a: 'b' },
  });
});

test('a mentor elsewhere who is a mentee too may ask', () => {
  expect(requestBooking(request, people['a stranger with both roles'], birth).mentorProfileId).toBe(profileId);
});

test('who is no mentee may not ask', () => {
  const mentorElsewhere = { ...people['a stranger with both roles'], roles: ['mentor', 'operator'] };
  expect(() => requestBooking(request, mentorElsewhere, birth)).toThrow(expect.objectContaining({ code: 'forbidden' }));
});

test('nobody books themself, whatever their roles: the request is wrong before the caller is', () => {
  for (const person of ['another user of the mentor profile', 'its mentor', 'its mentor without the role'] as const) {
    expect(() => requestBooking(request, people[person], birth)).toThrow(invalid('body.mentorProfileId'));
  }
});

test('a booking may start now, but not in the past', () => {
  expect(requestBooking({ ...request, start: noon }, mentee, birth).startTime).toEqual(noon);
  const past = new Date(noon.getTime() - 1);
  expect(() => requestBooking({ ...request, start: past }, mentee, birth)).toThrow(invalid('body.start'));
});

test('a booking ends after it starts', () => {
  expect(() => requestBooking({ ...request, end: start }, mentee, birth)).toThrow(invalid('body.end'));
});

test('all that is wrong is said at once', () => {
  const past = new Date(0);
  const wrong = { ...request, start: past, end: past };
  const self = people['another user of the mentor profile'];
  expect(() => requestBooking(wrong, self, birth)).toThrow(invalid('body.mentorProfileId', 'body.start', 'body.end'));
});
