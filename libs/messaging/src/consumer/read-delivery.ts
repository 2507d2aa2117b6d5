import { hash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { canonicalJson } from '@mentor-sessions/service-kit/canonical-json';
import { truncationOf } from '../broker/bounded-deliveries.ts';
import type { TechnicalReason } from '../inbox/dead-letter-reasons.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import { largestBodyOf } from './memory-budget.ts';

type ReadResult<Data> =
  | { readonly verdict: 'good'; readonly message: Message<Data> }
  | { readonly verdict: 'dead'; readonly reason: TechnicalReason; readonly detail: string };

type ReadOptions<Data> = Pick<Subscription<Data>, 'envelope' | 'events' | 'sender' | 'largestBody'>;

/** Decides from its bytes and properties alone whether a delivery can be handled at all. */
export const readDelivery = <Data>(delivery: ConsumeMessage, subscription: ReadOptions<Data>): ReadResult<Data> => {
  const cut = truncationOf(delivery);
  const largest = largestBodyOf(subscription);
  if (cut) return tooLarge(`${cut.bytes} bytes with SHA-256 ${cut.sha256}, of which the first are kept`, largest);
  if (delivery.content.length > largest) return tooLarge(`${delivery.content.length} bytes`, largest);
  const raw = parseJson(delivery.content);
  if (!isObject(raw)) return dead('malformed', 'the body is not a JSON object in UTF-8');
  const known = subscription.events.filter((event) => event.type === raw['type']);
  if (known.length === 0) return dead('unknown-type', `type ${show(raw['type'])} is not handled by this queue`);
  const event = known.find((candidate) => candidate.dataschema === raw['dataschema']);
  if (!event) return dead('unknown-version', `dataschema ${show(raw['dataschema'])} is not known`);
  const envelope = subscription.envelope.safeParse(raw);
  if (!envelope.success) return dead('schema-violation', short(envelope.error.message));
  const data = event.data.safeParse(envelope.data.data);
  if (!data.success) return dead('schema-violation', short(data.error.message));
  const { messageId, userId } = delivery.properties as { messageId?: unknown; userId?: unknown };
  if (messageId !== envelope.data.id) return dead('id-mismatch', `messageId is ${show(messageId)}, id is another`);
  if (!isFrom(subscription, userId)) return dead('forged-sender', `sent by ${show(userId)}`);
  const hash = hashOf(raw);
  if (!hash) return dead('malformed', 'the body is nested too deeply');
  const { id, type, subject, time, correlationid, traceparent, sequence } = envelope.data;
  const attributes = { id, type, subject, time, correlationId: correlationid, traceparent };
  return {
    verdict: 'good',
    message: { ...attributes, sequence: Number(sequence), contentHash: hash, data: data.data },
  };
};

const tooLarge = (size: string, largest: number) => dead('too-large', `${size}; at most ${largest} are handled`);

const isFrom = ({ sender }: Pick<Subscription, 'sender'>, userId: unknown): boolean =>
  typeof sender === 'string' ? sender === userId : sender.some((name) => name === userId);

const dead = (reason: TechnicalReason, detail: string) => ({ verdict: 'dead', reason, detail }) as const;

const utf8 = new TextDecoder('utf-8', { fatal: true });

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    return undefined;
  }
};

const hashOf = (raw: Record<string, unknown>): Buffer | undefined => {
  try {
    return contentHash(raw);
  } catch {
    return undefined;
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const LONGEST_DETAIL = 2_000;

/** A copy: a slice would keep the whole text in memory, which says something of each of a thousand wrong fields. */
const short = (text: string): string => Buffer.from(text.slice(0, LONGEST_DETAIL)).toString();

// what a stranger sent goes into a stored sentence: short, and one line
const show = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value;
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};

/**
 * SHA-256 over type, subject, dataschema and data in canonical JSON, as received: copies agree whatever the order of keys;
 * time and trace do not count. Throws RangeError for nesting beyond the stack.
 */
export const contentHash = (envelope: Record<string, unknown>): Buffer =>
  hash(
    'sha256',
    canonicalJson([envelope['type'], envelope['subject'], envelope['dataschema'], envelope['data']]),
    'buffer',
  );

/** A delivery and what was found when it was read. */
export type IncomingDelivery<Data> = { readonly delivery: ConsumeMessage; readonly result: ReadResult<Data> };

/** Larger ones wait as bytes: read as they arrive, a whole prefetch of them would outlive the young heap, several times over. */
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
