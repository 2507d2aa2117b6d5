/** The exchange of all events; routing key = event type. Declared by every service that publishes or binds. */
export const eventsExchange = { name: 'mentoring.events', type: 'topic' } as const;

/** Owned and declared by the sessions service. Other queues are named `<service>.<event>` and owned by their consumer. */
export const bookingAcceptedQueue = {
  name: 'sessions.booking-accepted',
  routingKeys: ['booking.accepted'],
  deadLetterExchange: 'sessions.dead',
  deadQueue: 'sessions.booking-accepted.dead',
  /** Counts redeliveries after lost connections too: with 5, six dropped connections dead-lettered 500 good messages. */
  deliveryLimit: 20,
} as const;

/** Owned and declared by the bookings service, which records the session status of each accepted booking. */
export const sessionEventsQueue = {
  name: 'bookings.session-events',
  routingKeys: ['session.scheduled', 'session.started', 'session.completed'],
  deadLetterExchange: 'bookings.dead',
  deadQueue: 'bookings.session-events.dead',
  deliveryLimit: 20,
} as const;

/** Services whose queues no subscriber may use. */
export const services: readonly string[] = ['bookings', 'sessions'];
