import type { OutgoingMessage, Owed } from './confirm-channel.ts';
import { Refusal } from './outcome.ts';

// forced by an operator, a missing exchange, a vhost that is gone: no message's fault
const OF_ALL = new Set([200, 320, 402, 404, 530]);

/** Whether a broker's error is about one message, and others of the same channel would be taken. */
export const isOfOneMessage = (error: Error | null | undefined): error is Error => {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'number' && !OF_ALL.has(code) && !/access to exchange/.test(error?.message ?? '');
};

const largestBodyIn = (error: Error): number | undefined => {
  const [, limit] = /larger than configured max size (\d+)/.exec(error.message) ?? [];
  return limit === undefined ? undefined : Number(limit);
};

const topicIn = (error: Error): string | undefined => /access to topic '([^']*)'/.exec(error.message)?.[1];

/** Those of them that the broker's words point at; all if its words point at none. */
export const suspectsOf = (error: Error, owed: readonly Owed[]): readonly Owed[] => {
  const [topic, largestBody = Infinity] = [topicIn(error), largestBodyIn(error)];
  const named = owed.filter(({ message }) => message.routingKey === topic || message.body.length > largestBody);
  return named.length > 0 ? named : owed;
};

const IN_A_ROW = 3;
const TRY_AGAIN_MS = 1_000;

/** What a publisher has learned from refusals, until a message of the same kind is accepted. */
export const createRefusals = () => {
  const byType = new Map<string, { inARow: number; last: Refusal; at: number }>();
  let largestBody = Infinity;
  return {
    /** The broker's answer to this message alone. */
    refused: ({ routingKey }: OutgoingMessage, error: Error): Refusal => {
      const last = new Refusal(error.message);
      const limit = largestBodyIn(error);
      if (limit !== undefined) largestBody = limit;
      else byType.set(routingKey, { inARow: (byType.get(routingKey)?.inARow ?? 0) + 1, last, at: performance.now() });
      return last;
    },
    accepted: ({ routingKey, body }: OutgoingMessage): void => {
      byType.delete(routingKey);
      if (body.length > largestBody) largestBody = Infinity;
    },
    isSuspect: ({ routingKey, body, isSuspect }: OutgoingMessage): boolean =>
      isSuspect === true || byType.has(routingKey) || body.length > largestBody,
    /** When its type was refused three times in a row, only one is tried each second; the others get the same answer. */
    known: ({ routingKey }: OutgoingMessage): Refusal | undefined => {
      const refused = byType.get(routingKey);
      const isKnown = refused && refused.inARow >= IN_A_ROW && performance.now() - refused.at < TRY_AGAIN_MS;
      return isKnown ? refused.last : undefined;
    },
  };
};

export type Refusals = ReturnType<typeof createRefusals>;
