import { Refusal, type OutgoingMessage, type Unconfirmed } from './confirm-channel.ts';

// closed by an operator, missing exchange, missing virtual host: not about one message
const ABOUT_ALL_MESSAGES = new Set([200, 320, 402, 404, 530]);

/** Whether a broker's error is about one message, and others on the same channel would be accepted. */
export const isAboutOneMessage = (error: Error | null | undefined): error is Error => {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'number' && !ABOUT_ALL_MESSAGES.has(code) && !/access to exchange/.test(error?.message ?? '');
};

const maxSizeIn = (error: Error): number | undefined => {
  const [, limit] = /larger than configured max size (\d+)/.exec(error.message) ?? [];
  return limit === undefined ? undefined : Number(limit);
};

const topicIn = (error: Error): string | undefined => /access to topic '([^']*)'/.exec(error.message)?.[1];

/** The messages that the broker's error points at; all of them if it points at none. */
export const findSuspects = (error: Error, unconfirmed: readonly Unconfirmed[]): readonly Unconfirmed[] => {
  const topic = topicIn(error);
  const maxSize = maxSizeIn(error) ?? Infinity;
  const suspects = unconfirmed.filter(({ message }) => message.routingKey === topic || message.body.length > maxSize);
  return suspects.length > 0 ? suspects : unconfirmed;
};

const KNOWN_AFTER = 3;
const RETRY_MS = 1_000;

/** Remembers refused types and sizes until a message of the same kind is accepted. */
export const createRefusalMemory = () => {
  const byType = new Map<string, { inARow: number; last: Refusal; at: number }>();
  let maxSize = Infinity;
  return {
    /** To be called with the broker's answer to this message alone. */
    refused: ({ routingKey }: OutgoingMessage, error: Error): Refusal => {
      const last = new Refusal(error.message);
      const limit = maxSizeIn(error);
      if (limit !== undefined) maxSize = limit;
      else byType.set(routingKey, { inARow: (byType.get(routingKey)?.inARow ?? 0) + 1, last, at: performance.now() });
      return last;
    },
    accepted: ({ routingKey, body }: OutgoingMessage): void => {
      byType.delete(routingKey);
      if (body.length > maxSize) maxSize = Infinity;
    },
    isSuspect: ({ routingKey, body, isSuspect }: OutgoingMessage): boolean =>
      isSuspect === true || byType.has(routingKey) || body.length > maxSize,
    /** Of a type that was refused three times in a row, one message is tried each second; the others get the same answer. */
    knownRefusal: ({ routingKey }: OutgoingMessage): Refusal | undefined => {
      const refused = byType.get(routingKey);
      const isKnown = refused && refused.inARow >= KNOWN_AFTER && performance.now() - refused.at < RETRY_MS;
      return isKnown ? refused.last : undefined;
    },
  };
};

export type RefusalMemory = ReturnType<typeof createRefusalMemory>;
