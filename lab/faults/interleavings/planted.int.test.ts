import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type { Rewrite } from './connection.ts';
import { explore } from './explore.ts';
import * as planted from './planted.ts';
import { bookingRaces } from './races/bookings.ts';
import { messagingRaces } from './races/messaging.ts';
import { sessionRaces } from './races/sessions.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await createTestStack();
});
afterAll(() => stack.close());

const races = [...bookingRaces, ...sessionRaces, ...messagingRaces];

const exploreWith = (fault: Rewrite, title: string) => {
  const race = races.find((one) => one.title === title);
  if (!race) throw new Error(`there is no race ${title}`);
  const service = bookingRaces.includes(race) ? 'bookings' : 'sessions';
  return explore(stack[service].databaseUrl, race.scenario, fault);
};

const found = [
  ['a claim without the lock of the lane', planted.claimWithoutLock, 'relay × relay: one lane'],
  ['a claim by the last position', planted.claimByPosition, races.find(({ title }) => /same lane/.test(title))?.title],
  [
    'marks that rise while others write',
    planted.marksWithoutWriters,
    races.find(({ title }) => /marks/.test(title))?.title,
  ],
  ['an inbox without conflict handling', planted.inboxWithoutConflictHandling, 'consumer × consumer: the same message'],
  ['an inbox that is not entered', planted.inboxLookedIntoOnly, 'consumer × consumer: the same message'],
  [
    'a last inbox without conflict handling',
    planted.lastInboxWithoutConflictHandling,
    'schedule × schedule without the inbox: one booking under two messages',
  ],
  ['a dead letter without conflict handling', planted.deadLetterWithoutConflictHandling, 'dead letter × dead letter'],
] as const;

test.each(found)('%s is found by some interleaving', async (_, fault, title) => {
  const { unlawful } = await exploreWith(fault, title ?? '');
  expect(unlawful.length).toBeGreaterThan(0);
});

describe('a write without the condition on the version', () => {
  test.each(['accept × decline', 'start × start'])('is found although the database refuses it: %s', async (title) => {
    const { answers, unlawful } = await exploreWith(planted.withoutVersionCondition, title);
    expect(unlawful.length).toBeGreaterThan(0);
    expect(answers.some((said) => /failed: 23\d{3}/.test(said))).toBe(true);
    expect(answers).not.toContain('a: ok, b: ok');
  });

  test('is found if both get a success, with the guards of the database removed', async () => {
    await query(stack.bookings.adminDatabaseUrl, 'alter table bookings disable trigger booking_moves');
    await query(stack.sessions.adminDatabaseUrl, 'alter table sessions disable trigger session_moves');
    for (const title of [
      'accept × accept',
      'accept × decline',
      'decline × cancel',
      'start × start',
      'complete × complete',
    ]) {
      const { answers, unlawful, interleavings } = await exploreWith(planted.withoutVersionCondition, title);
      expect(answers).toContain('a: ok, b: ok');
      expect(unlawful.length).toBeGreaterThan(0);
      expect(unlawful.length).toBeLessThan(interleavings); // serial executions are harmless: only an interleaving shows the bug
    }
  });
});
