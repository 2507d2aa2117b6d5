export { catalogue } from './catalogue.ts';
export { contentType, envelope, type Envelope } from './envelope.ts';
export { defineEvent, envelopeOf, type EventDefinition, type Occurrence } from './event.ts';
export { bookingAccepted, type BookingAccepted } from './events/booking-accepted.ts';
export { sessionCompleted, type SessionCompleted } from './events/session-completed.ts';
export { sessionScheduled, type SessionScheduled } from './events/session-scheduled.ts';
export { sessionStarted, type SessionStarted } from './events/session-started.ts';
export { jsonSchemaOf, schemasPublishedBy } from './json-schema.ts';
export { bookingAcceptedQueue, eventsExchange } from './topology.ts';
