import { decisions, type Decision } from '../pairs/bookings.ts';
import { both, oneOf, type KnownRace } from './known-race.ts';

const accept: Decision = { action: 'accept' };
const decline: Decision = { action: 'decline' };
const cancel: Decision = { action: 'cancel' };
const acceptFirst: Decision = { action: 'accept', ifMatch: 1 };
const is = (status: string): string => `409 invalid-transition ${status}`;

const oneBooking: KnownRace[] = [
  { title: 'accept × accept', decided: { a: accept, b: accept }, told: oneOf(is('accepted')) },
  {
    title: 'accept × accept with If-Match',
    decided: { a: acceptFirst, b: acceptFirst },
    told: oneOf('412 precondition-failed'),
  },
  { title: 'accept × decline', decided: { a: accept, b: decline }, told: oneOf(is('accepted'), is('declined')) },
  { title: 'accept × cancel', decided: { a: accept, b: cancel }, told: oneOf(is('accepted'), is('cancelled')) },
  { title: 'decline × decline', decided: { a: decline, b: decline }, told: oneOf(is('declined')) },
  { title: 'decline × cancel', decided: { a: decline, b: cancel }, told: oneOf(is('declined'), is('cancelled')) },
  { title: 'cancel × cancel', decided: { a: cancel, b: cancel }, told: oneOf(is('cancelled')) },
].map(({ title, decided, told }) => ({ title, told, scenario: decisions(decided), interleavings: 14 }));

const acceptBoth = { a: accept, b: { ...accept, booking: 1 } };

const twoBookings: KnownRace[] = [
  {
    title: 'accept × accept of two overlapping bookings of one mentor',
    scenario: decisions(acceptBoth, { starts: [0, 1] }),
    told: oneOf('409 mentor-double-booked'),
    interleavings: 14,
  },
  {
    title: 'accept × accept of two bookings of one mentor, back to back',
    scenario: decisions(acceptBoth, { starts: [0, 2] }),
    told: both,
    interleavings: 20,
  },
  {
    title: 'accept × decline of two overlapping bookings of one mentor',
    scenario: decisions({ a: accept, b: { ...decline, booking: 1 } }, { starts: [0, 1] }),
    told: both,
    interleavings: 20,
  },
];

const threeActors: KnownRace = {
  title: 'accept × decline × cancel',
  scenario: decisions({ a: accept, b: decline, c: cancel }, { wholeWrites: true }),
  told: [
    `a: ${is('cancelled')}, b: ${is('cancelled')}, c: ok`,
    `a: ${is('declined')}, b: ok, c: ${is('declined')}`,
    `a: ok, b: ${is('accepted')}, c: ${is('accepted')}`,
  ],
  interleavings: 90,
};

export const bookingRaces: readonly KnownRace[] = [...oneBooking, ...twoBookings, threeActors];
