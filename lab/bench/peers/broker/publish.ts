import { connect } from 'amqplib';

const { AMQP_URL = '' } = process.env;
const userId = decodeURIComponent(new URL(AMQP_URL).username);

type Envelope = { readonly id: string; readonly type: string };

const channel = await (await connect(AMQP_URL, { noDelay: true })).createConfirmChannel();
const returned = new Set<string>();
channel.on('return', ({ properties }) => returned.add(properties.messageId));

/** Publishes an event for a peer's handler as ours does: persistent, mandatory, confirmed. */
export const publish = (envelope: Envelope): Promise<void> =>
  new Promise((resolve, reject) => {
    const { id: messageId, type } = envelope;
    const properties = { messageId, type, userId, contentType: 'application/cloudevents+json' };
    channel.publish(
      'mentoring.events',
      type,
      Buffer.from(JSON.stringify(envelope)),
      { ...properties, persistent: true, mandatory: true },
      (error) =>
        error || returned.has(messageId)
          ? reject(new Error(`${messageId} was not taken`, { cause: error }))
          : resolve(),
    );
  });
