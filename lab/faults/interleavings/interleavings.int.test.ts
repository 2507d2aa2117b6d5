import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { explore } from './explore.ts';
import { bookingRaces } from './races/bookings.ts';
import type { KnownRace } from './races/known-race.ts';
import { messagingRaces } from './races/messaging.ts';
import { sessionRaces } from './races/sessions.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await createTestStack();
});
afterAll(() => stack.close());

const expectLawful = async (url: string, { scenario, told, interleavings }: KnownRace): Promise<void> => {
  const found = await explore(url, scenario);
  expect(found.unlawful).toEqual([]);
  expect(found.answers).toEqual(told);
  expect(found.interleavings).toBeGreaterThanOrEqual(interleavings);
};

describe('every interleaving ends as one of the serial executions', () => {
  test.each(bookingRaces)('$title', (race) => expectLawful(stack.bookings.databaseUrl, race));
  test.each(sessionRaces)('$title', (race) => expectLawful(stack.sessions.databaseUrl, race));
  test.each(messagingRaces)('$title', (race) => expectLawful(stack.sessions.databaseUrl, race));
});
