import { isDeepStrictEqual } from 'node:util';
import type { Copy, Invariant } from '../evidence/evidence.ts';
import { dueEvents } from './events.ts';
import type { Due } from './events.ts';

type Body = Readonly<Record<string, unknown>> & { readonly data: Readonly<Record<string, unknown>> };

const holds = (said: Readonly<Record<string, unknown>>, facts: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(facts).every(([name, fact]) => isDeepStrictEqual(said[name], fact));

const isTrue = ({ id, type, subject, sequence, body }: Copy, due: Due): boolean => {
  const said = JSON.parse(body) as Body;
  const envelope = {
    ...{ id, type, subject, sequence },
    source: due.source,
    sequence: String(due.sequence).padStart(10, '0'),
    dataschema: `urn:mentor-sessions:${due.type}:1`,
    correlationid: due.bookingId,
  };
  return sequence === envelope.sequence && holds(said, envelope) && holds(said.data, due.data);
};

/** What a copy says is what the rows say; the copies of one event are equal, so the first that lies is enough. */
export const truthful: Invariant = (evidence) => {
  const dueOf = new Map(dueEvents(evidence).map((due) => [`${due.type} of ${due.aggregate}`, due]));
  const lies = evidence.wire
    .filter(({ id }) => !evidence.ownMessages.has(id)) // what they tell of, only the test knows
    .map((copy) => ({ copy, due: dueOf.get(`${copy.type} of ${copy.subject}`) ?? null }))
    .filter(({ copy, due }) => !due || !isTrue(copy, due));
  return [...new Map(lies.map((lie) => [lie.copy.id, lie])).values()].map((witness) => ({
    invariant: 'I7' as const,
    says: witness.due ? 'an event is not true' : 'an event on the wire of what never happened',
    witness,
  }));
};
