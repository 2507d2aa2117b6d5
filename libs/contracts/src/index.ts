export { catalogue, mustReachAQueue } from './catalogue.ts';
export { contentType, envelope, type Envelope } from './envelope.ts';
export { contractDocuments } from './documents.ts';
export { defineEvent, envelopeOf, type EventDefinition, type Occurrence } from './event.ts';
export * from './events/bookings.ts';
export * from './events/sessions.ts';
export { envelopeJsonSchema, jsonSchemaOf, schemasPublishedBy } from './json-schema.ts';
export { terms, termsOf, type Terms } from './terms.ts';
export { bookingAcceptedQueue, eventsExchange, sessionEventsQueue } from './topology.ts';
