import { hash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { canonicalJson } from '@mentor-sessions/service-kit/canonical-json';
import { readableMessage } from '@mentor-sessions/service-kit/readable-error';
import { truncationOf } from '../broker/bounded-deliveries.ts';
import type { TechnicalReason } from '../inbox/dead-letter-reasons.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import { largestBodyOf } from './memory-budget.ts';

export type ReadResult<Data> =
  | { readonly isValid: true; readonly message: Message<Data> }
  | { readonly isValid: false; readonly reason: TechnicalReason; readonly detail: string };

/** A delivery and the result of reading it. */
export type IncomingDelivery<Data> = { readonly delivery: ConsumeMessage; readonly result: ReadResult<Data> };

/** Larger bodies wait as bytes: a whole prefetch of them, read on arrival, would overflow V8's young generation several times over. */
const READ_ON_ARRIVAL_BYTES = 8_192;

export const incomingDelivery = <Data>(
  delivery: ConsumeMessage,
  subscription: Subscription<Data>,
): IncomingDelivery<Data> =>
  delivery.content.length <= READ_ON_ARRIVAL_BYTES
    ? { delivery, result: readDelivery(delivery, subscription) }
    : {
        delivery,
        get result() {
          return readDelivery(delivery, subscription);
        },
      };

type ReadOptions<Data> = Pick<Subscription<Data>, 'envelope' | 'events' | 'sender' | 'replayedBy' | 'largestBody'>;

/** Validates a delivery by its bytes and properties alone: size, JSON, type, version, schema, ids, sender. */
export const readDelivery = <Data>(delivery: ConsumeMessage, subscription: ReadOptions<Data>): ReadResult<Data> => {
  const truncated = truncationOf(delivery);
  const largest = largestBodyOf(subscription);
  if (truncated)
    return tooLarge(`${truncated.bytes} bytes with SHA-256 ${truncated.sha256}, of which the first are kept`, largest);
  if (delivery.content.length > largest) return tooLarge(`${delivery.content.length} bytes`, largest);
  const raw = parseJson(delivery.content);
  if (!isObject(raw)) return invalid('malformed', 'the body is not a JSON object in UTF-8');
  const known = subscription.events.filter((event) => event.type === raw['type']);
  if (known.length === 0) return invalid('unknown-type', `type ${show(raw['type'])} is not handled by this queue`);
  const event = known.find((candidate) => candidate.dataschema === raw['dataschema']);
  if (!event) return invalid('unknown-version', `dataschema ${show(raw['dataschema'])} is not known`);
  const envelope = subscription.envelope.safeParse(raw);
  if (!envelope.success) return invalid('schema-violation', short(readableMessage(envelope.error)));
  const data = event.data.safeParse(envelope.data.data);
  if (!data.success) return invalid('schema-violation', short(readableMessage(data.error)));
  const messageId: unknown = delivery.properties.messageId;
  const sentBy = senderOf(delivery, subscription.replayedBy);
  if (messageId !== envelope.data.id)
    return invalid('id-mismatch', `messageId is ${show(messageId)}; the envelope has another id`);
  if (!isFrom(subscription, sentBy)) return invalid('forged-sender', `sent by ${show(sentBy)}`);
  const hashed = tryContentHash(raw);
  if (!hashed) return invalid('malformed', 'the body is nested too deeply');
  const { id, type, subject, time, correlationid, traceparent, sequence } = envelope.data;
  const attributes = { id, type, subject, time, correlationId: correlationid, traceparent };
  return {
    isValid: true,
    message: { ...attributes, sequence: Number(sequence), contentHash: hashed, data: data.data },
  };
};

/**
 * SHA-256 over type, subject, dataschema and data in canonical JSON, as received: copies have the same hash whatever the
 * order of keys; time and trace do not count. Throws RangeError for nesting beyond the stack.
 */
export const contentHash = (envelope: Record<string, unknown>): Buffer =>
  hash(
    'sha256',
    canonicalJson([envelope['type'], envelope['subject'], envelope['dataschema'], envelope['data']]),
    'buffer',
  );

const tryContentHash = (raw: Record<string, unknown>): Buffer | undefined => {
  try {
    return contentHash(raw);
  } catch {
    return undefined;
  }
};

const invalid = (reason: TechnicalReason, detail: string) => ({ isValid: false, reason, detail }) as const;

const tooLarge = (size: string, largest: number) => invalid('too-large', `${size}; the limit is ${largest}`);

/** The broker validates userId, so only the consumer's own user can vouch for another sender. */
export const senderOf = ({ properties }: ConsumeMessage, replayedBy: string | undefined): unknown => {
  const userId: unknown = properties.userId;
  if (userId === undefined || userId !== replayedBy) return userId;
  return (properties.headers as { 'x-sent-by'?: unknown } | undefined)?.['x-sent-by'] ?? userId;
};

const isFrom = ({ sender }: Pick<Subscription, 'sender'>, userId: unknown): boolean =>
  typeof sender === 'string' ? sender === userId : sender.some((name) => name === userId);

const utf8 = new TextDecoder('utf-8', { fatal: true });

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    return undefined;
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const MAX_DETAIL = 2_000;

/** A copy: a slice would keep the whole text in memory, which has a line for each of a thousand wrong fields. */
const short = (text: string): string => Buffer.from(text.slice(0, MAX_DETAIL)).toString();

// untrusted text goes into a stored sentence: short, and one line
const show = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value;
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};
