import type { ConsumeMessage } from 'amqplib';
import { contentType, type BookingAccepted } from '@mentor-sessions/contracts';
import type { Message } from '@mentor-sessions/messaging';
import { onBookingAccepted } from '@mentor-sessions/sessions/messaging/on-booking-accepted';
import type { aMessage } from '../../../e2e/a-message.ts';
import { readDelivery } from '../../../../libs/messaging/src/consumer/read-delivery.ts';

/** The sender of booking.accepted; permissions are not part of these races. */
export const subscription = onBookingAccepted('bookings');

export type Accepted = ReturnType<typeof aMessage>;

/** As RabbitMQ delivers it. */
export const deliveryOf = (one: Accepted): ConsumeMessage => delivered(one.id, Buffer.from(JSON.stringify(one)));

export const poisonDelivery = (id: string): ConsumeMessage => delivered(id, Buffer.from('not JSON'));

const delivered = (messageId: string, content: Buffer): ConsumeMessage => ({
  content,
  fields: {
    consumerTag: 'c',
    deliveryTag: 1,
    redelivered: false,
    exchange: 'mentoring.events',
    routingKey: 'booking.accepted',
  },
  properties: {
    messageId,
    contentType,
    contentEncoding: undefined,
    headers: {},
    deliveryMode: 2,
    priority: undefined,
    correlationId: undefined,
    replyTo: undefined,
    expiration: undefined,
    timestamp: undefined,
    type: 'booking.accepted',
    userId: 'bookings',
    appId: undefined,
    clusterId: undefined,
  },
});

/** As the consumer passes it to the use case. */
export const messageOf = (one: Accepted): Message<BookingAccepted> => {
  const read = readDelivery(deliveryOf(one), subscription);
  if (!read.isValid) throw new Error(read.detail);
  return read.message;
};
