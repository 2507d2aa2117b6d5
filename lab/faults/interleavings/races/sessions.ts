import { transitions } from '../pairs/sessions.ts';
import { oneOf, type KnownRace } from './known-race.ts';

const start = { action: 'start' } as const;
const startByMentee = { action: 'start', by: 'mentee' } as const;
const startFirst = { action: 'start', ifMatch: 1 } as const;
const complete = { action: 'complete' } as const;
const is = (status: string): string => `409 invalid-transition ${status}`;

export const sessionRaces: readonly KnownRace[] = [
  {
    title: 'start × start',
    scenario: transitions('scheduled', { a: start, b: startByMentee }),
    told: oneOf(is('in_progress')),
    interleavings: 14,
  },
  {
    title: 'start × start with If-Match',
    scenario: transitions('scheduled', { a: startFirst, b: startFirst }),
    told: oneOf('412 precondition-failed'),
    interleavings: 14,
  },
  {
    title: 'start × complete',
    scenario: transitions('scheduled', { a: start, b: complete }),
    told: [`a: ok, b: ${is('scheduled')}`, 'a: ok, b: ok'],
    interleavings: 4,
  },
  {
    title: 'start × complete of a session in progress',
    scenario: transitions('in_progress', { a: start, b: complete }),
    told: [`a: ${is('completed')}, b: ok`, `a: ${is('in_progress')}, b: ok`],
    interleavings: 4,
  },
  {
    title: 'complete × complete',
    scenario: transitions('in_progress', { a: complete, b: complete }),
    told: oneOf(is('completed')),
    interleavings: 14,
  },
  {
    title: 'schedule × start',
    scenario: transitions('unborn', { a: start }),
    told: ['consumer: ok, a: 404 not-found', 'consumer: ok, a: ok'],
    interleavings: 5,
  },
  {
    title: 'schedule × start × complete',
    scenario: transitions('unborn', { a: start, b: complete }),
    told: [
      'consumer: ok, a: 404 not-found, b: 404 not-found',
      `consumer: ok, a: 404 not-found, b: ${is('scheduled')}`,
      'consumer: ok, a: ok, b: 404 not-found',
      `consumer: ok, a: ok, b: ${is('scheduled')}`,
      'consumer: ok, a: ok, b: ok',
    ],
    interleavings: 32,
  },
];
