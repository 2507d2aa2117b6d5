import type { Copy, Invariant } from '../evidence/evidence.ts';
import { isTimed } from './timed.ts';

const firstCopies = (wire: readonly Copy[]): Copy[] => {
  const first = new Map<string, Copy>();
  for (const copy of wire) if (!first.has(copy.id)) first.set(copy.id, copy);
  return [...first.values()];
};

/**
 * I9: the first deliveries of an aggregate's events are in the order of their sequence; timed events
 * have the sequence of the change before them. If the subscriber missed
 * some, its first delivery may be a later copy, which may arrive at any time.
 */
export const orderOnTheWire: Invariant = ({ wire, wireHasGaps }) =>
  [...Map.groupBy(firstCopies(wireHasGaps ? [] : wire), ({ subject }) => subject)]
    .filter(([, copies]) =>
      copies.some(({ type, sequence }, index) => {
        const before = copies[index - 1]?.sequence ?? '';
        return isTimed(type) ? sequence !== before : sequence <= before;
      }),
    )
    .map(([aggregate, copies]) => ({
      invariant: 'I9' as const,
      says: 'first copies of one aggregate are on the wire out of order',
      witness: { aggregate, copies: copies.map(({ id, type, sequence }) => ({ id, type, sequence })) },
    }));
