import { expect, test } from '@jest/globals';
import { breakingChanges } from './additions.ts';
import { documents } from './documents.ts';

type Document = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- changed at will
const document = documents.bookings as Document;

/** What is said of the change of a copy. */
const changed = (change: (copy: Document) => void): string[] => {
  const copy = structuredClone(document);
  change(copy);
  return breakingChanges(document, copy);
};

const additions: [string, (copy: Document) => void][] = [
  ['nothing', () => undefined],
  ['a path', (copy) => (copy['paths']['/new'] = copy['paths']['/bookings'])],
  ['a member of an answer', (copy) => (copy['components'].schemas.Booking.properties.more = { type: 'string' })],
  ['an optional member of a request', (copy) => (copy['components'].schemas.BookingRequest.properties.more = {})],
  ['a code', (copy) => copy['components'].schemas.Problem.properties.code.enum.push('new')],
  ['an optional parameter', (copy) => copy['paths']['/bookings'].get.parameters.push({ in: 'query', name: 'x' })],
  ['an optional body', (copy) => (copy['paths']['/bookings/{id}/accept'].patch.requestBody = { content: {} })],
  ['a larger bound', (copy) => (copy['components'].schemas.BookingRequest.properties.notes.anyOf[0].maxLength = 9_999)],
  ['an answer', (copy) => (copy['paths']['/bookings'].get.responses['304'] = { description: 'same' })],
];

test.each(additions)('%s is an addition', (_, change) => {
  expect(changed(change)).toEqual([]);
});

const breaks: [string, (copy: Document) => void][] = [
  ['a path removed', (copy) => delete copy['paths']['/bookings/{id}']],
  ['an operation renamed', (copy) => (copy['paths']['/bookings'].get.operationId = 'other')],
  ['a member of an answer removed', (copy) => delete copy['components'].schemas.Booking.properties.notes],
  ['a member of an answer optional', (copy) => copy['components'].schemas.Booking.required.pop()],
  ['a type changed', (copy) => (copy['components'].schemas.Booking.properties.version.type = 'string')],
  ['a nullable member', (copy) => (copy['components'].schemas.Booking.properties.status.type = ['string', 'null'])],
  ['a required member of a request', (copy) => copy['components'].schemas.BookingRequest.required.push('notes')],
  ['a smaller bound', (copy) => (copy['components'].schemas.BookingRequest.properties.notes.anyOf[0].maxLength = 9)],
  ['a new bound', (copy) => (copy['components'].schemas.BookingRequest.properties.start.pattern = 'Z$')],
  ['a status that is not taken', (copy) => copy['paths']['/bookings'].get.parameters[0].schema.anyOf[0].enum.pop()],
  ['a code removed', (copy) => copy['components'].schemas.Problem.properties.code.enum.pop()],
  ['a required parameter', (copy) => (copy['paths']['/bookings'].get.parameters[0].required = true)],
  ['a parameter that becomes required', (copy) => (copy['paths']['/bookings'].get.parameters.at(-1).required = true)],
  [
    'a required parameter where there was none',
    (copy) => (copy['paths']['/bookings'].parameters = [{ in: 'header', name: 'x', required: true }]),
  ],
  [
    'a required parameter by reference',
    (copy) => {
      copy['components'].parameters = { x: { in: 'query', name: 'x', required: true } };
      copy['paths']['/bookings'].get.parameters.push({ $ref: '#/components/parameters/x' });
    },
  ],
  [
    'a required body where there was none',
    (copy) => (copy['paths']['/bookings/{id}'].get.requestBody = { required: true, content: {} }),
  ],
  ['an answer removed', (copy) => delete copy['paths']['/bookings'].post.responses['201']],
  ['a header removed', (copy) => delete copy['paths']['/bookings'].post.responses['201'].headers.ETag],
];

test.each(breaks)('%s is none', (_, change) => {
  expect(changed(change)).not.toEqual([]);
});

test.each([undefined, false])('a body that becomes required is not an addition, if it was %p before', (required) => {
  const before = structuredClone(document);
  before['paths']['/bookings'].post.requestBody.required = required;
  if (required === undefined) delete before['paths']['/bookings'].post.requestBody.required;
  expect(breakingChanges(before, document)).toEqual([expect.stringContaining('requestBody')]);
  expect(breakingChanges(document, before)).toEqual([]);
});
