import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { bookingAccepted, catalogue, sessionCompleted, type SessionCompleted } from '@mentor-sessions/contracts';
import { Rejected, type Message } from './index.ts';
import { aMessage, deliver } from './testing.ts';

const menteeUserId = '018f3a2b-1c4d-7e5f-8a9b-0c1d2e3f4a5b';

describe('aMessage', () => {
  test.each(catalogue.map((event) => [event.dataschema, event] as const))('is valid: %s', (_, event) => {
    const message = aMessage(event);
    expect(event.data.parse(message.data)).toEqual(message.data);
    expect(Object.values(message.data as object)).toContain(message.subject);
    expect(message).not.toEqual(aMessage(event));
  });

  test('has the fields that are given, and rejects those that are not valid', () => {
    expect(aMessage(sessionCompleted, { menteeUserId }, { sequence: 3 })).toMatchObject({
      type: 'session.completed',
      sequence: 3,
      data: { menteeUserId },
    });
    expect(aMessage(bookingAccepted, { notes: 'shy' }).data.notes).toBe('shy');
    expect(() => aMessage(sessionCompleted, { completedAt: 'yesterday' })).toThrow('completedAt');
  });
});

describe('deliver', () => {
  const messages = (count: number): Message<SessionCompleted>[] =>
    Array.from({ length: count }, () => aMessage(sessionCompleted));

  test('gives each message to the handler once, whatever the number of copies, and may reorder them', async () => {
    const orders = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 }), async (count, copies) => {
        const [sent, seen] = [messages(count), [] as string[]];
        const handle = async (batch: readonly Message<SessionCompleted>[]): Promise<void> =>
          void seen.push(...batch.map(({ id }) => id));
        const { handled, duplicates, rejected } = await deliver(handle, sent, { copies });
        const ids = sent.map(({ id }) => id);
        expect(seen.toSorted()).toEqual(ids.toSorted());
        expect([handled, duplicates, rejected]).toEqual([seen, count * (copies - 1), []]);
        orders.add(seen.map((id) => ids.indexOf(id)).join());
      }),
    );
    expect(orders.size).toBeGreaterThan(10);
  });

  test('keeps the order on request', async () => {
    const sent = messages(9);
    const { handled } = await deliver(async () => undefined, sent, { copies: 1, reorder: false });
    expect(handled).toEqual(sent.map(({ id }) => id));
  });

  test('shows what the handler rejects, with its own reason, and rejects with what it throws otherwise', async () => {
    const [first, second] = messages(2) as [Message<SessionCompleted>, Message<SessionCompleted>];
    const picky = async (batch: readonly Message<SessionCompleted>[]): Promise<void> => {
      const message = batch.find(({ id }) => id === first.id);
      if (message) throw new Rejected({ message, reason: 'mentee-opted-out', detail: 'on Monday' });
    };
    const { handled, rejected } = await deliver(picky, [first, second], { copies: 3 });
    expect(handled).toEqual([second.id]);
    expect(rejected).toEqual([{ message: first, reason: 'mentee-opted-out', detail: 'on Monday' }]);
    await expect(deliver(() => Promise.reject(new Error('bug')), [first])).rejects.toThrow('bug');
  });
});
