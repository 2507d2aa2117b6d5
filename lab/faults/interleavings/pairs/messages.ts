import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { bookingAccepted, contentType, envelopeOf, type BookingAccepted } from '@mentor-sessions/contracts';
import type { Message } from '@mentor-sessions/messaging';
import { onBookingAccepted } from '@mentor-sessions/sessions/messaging/on-booking-accepted';
import { readDelivery } from '../../../../libs/messaging/src/consumer/read-delivery.ts';

/** The sender of booking.accepted; permissions are not part of these races. */
export const subscription = onBookingAccepted('bookings');

export type Accepted = { readonly id: string; readonly data: BookingAccepted };

export const accepted = (over: Partial<BookingAccepted> = {}, id: string = randomUUID()): Accepted => ({
  id,
  data: {
    bookingId: randomUUID(),
    sessionId: randomUUID(),
    listingId: randomUUID(),
    mentorProfileId: randomUUID(),
    menteeUserId: randomUUID(),
    acceptedBy: randomUUID(),
    notes: null,
    metadata: {},
    start: '2039-02-01T09:00:00.000Z',
    end: '2039-02-01T10:00:00.000Z',
    acceptedAt: '2039-01-01T09:00:00.000Z',
    ...over,
  },
});

/** As RabbitMQ delivers it. */
export const deliveryOf = ({ id, data }: Accepted): ConsumeMessage => {
  const occurrence = { id, subject: data.bookingId, time: data.acceptedAt, sequence: 2, correlationId: data.bookingId };
  return delivered(id, Buffer.from(JSON.stringify(envelopeOf(bookingAccepted, { ...occurrence, data }))));
};

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
