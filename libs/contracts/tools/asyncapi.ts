import {
  bookingAcceptedQueue,
  catalogue,
  contentType,
  envelopeJsonSchema,
  eventsExchange,
  jsonSchemaOf,
  type EventDefinition,
} from '../src/index.ts';
import { fixtureOf, guarantees } from './published.ts';

type Json = Record<string, unknown>;

const ref = (path: string): Json => ({ $ref: `#/${path}` });
const nameOf = ({ type, version }: EventDefinition): string => `${type}.v${version}`;
const words = (text: string): string => text.replaceAll('.', ' ');

/** `$id` and `$schema` belong to files; inside a document they would redirect references. */
const inside = (schema: Json): Json => {
  const { $schema: _, $id: __, ...rest } = schema;
  return rest;
};

const pascal = (text: string): string =>
  text.replaceAll(/(^|[. ])(\w)/g, (_, __, letter: string) => letter.toUpperCase());

const message = (event: EventDefinition): Json => ({
  name: nameOf(event),
  title: `${words(event.type)}, version ${event.version}`,
  contentType,
  correlationId: { location: '$message.payload#/correlationid', description: 'the booking id' },
  payload: {
    title: `${pascal(event.type)}EventV${event.version}`,
    allOf: [ref('components/schemas/envelope')],
    type: 'object',
    properties: {
      type: { const: event.type },
      source: { const: event.source },
      dataschema: { const: event.dataschema },
      data: ref(`components/schemas/${nameOf(event)}`),
    },
    required: ['data'],
  },
  bindings: { amqp: { messageType: event.type, bindingVersion: '0.3.0' } },
  examples: [{ name: 'golden', summary: 'golden message, part of the tests', payload: fixtureOf(event) }],
});

const channel = (type: string, versions: readonly EventDefinition[]): Json => ({
  address: type,
  title: words(type),
  description: `Routing key \`${type}\` of the exchange \`${eventsExchange.name}\`.${versions.some(({ isInternal }) => isInternal) ? ' Internal to the two services: it contains private notes, and the broker rejects other bindings.' : ''}`,
  messages: Object.fromEntries(versions.map((event) => [nameOf(event), ref(`components/messages/${nameOf(event)}`)])),
  bindings: {
    amqp: {
      is: 'routingKey',
      exchange: { ...eventsExchange, durable: true, autoDelete: false, vhost: '/' },
      bindingVersion: '0.3.0',
    },
  },
});

const operation = (type: string, versions: readonly EventDefinition[]): Json => ({
  action: 'send',
  channel: ref(`channels/${type}`),
  title: `${versions[0]?.source.slice(1)} publishes ${words(type)}`,
  description: versions.some(({ mustReachAQueue }) => mustReachAQueue)
    ? `Must reach a queue: \`${bookingAcceptedQueue.name}\`.`
    : 'Published even if no queue takes it.',
  messages: versions.map((event) => ref(`channels/${type}/messages/${nameOf(event)}`)),
  bindings: { amqp: { deliveryMode: 2, mandatory: true, timestamp: false, ack: true, bindingVersion: '0.3.0' } },
});

const servers: Json = {
  broker: {
    host: '{host}:{port}',
    protocol: 'amqp',
    protocolVersion: '0-9-1',
    description: 'RabbitMQ. With TLS: the protocol amqps, usually port 5671.',
    variables: { host: { default: 'localhost' }, port: { default: '5672' } },
    tags: [{ name: 'rabbitmq' }],
  },
};

/** The AsyncAPI document of all events in the catalogue. */
export const asyncapi = (): Json => {
  const types = [...Map.groupBy(catalogue, ({ type }) => type)];
  const perType = (make: typeof channel): Json =>
    Object.fromEntries(types.map(([type, versions]) => [type, make(type, versions)]));
  return {
    asyncapi: '3.0.0', // 3.1 adds nothing that is used here, and generators do not read it yet
    info: {
      title: 'mentor-sessions events',
      version: '1.0.0',
      description: [
        'Events of bookings and sessions: each accepted booking gets one session. CloudEvents 1.0, structured JSON.',
        ...guarantees.map(([what, means]) => `- **${what}** ${means}`),
      ].join('\n'),
      // a placeholder: the owner has not named one
      contact: {
        name: 'mentor-sessions',
        url: 'https://mentor-sessions.example',
        email: 'events@mentor-sessions.example',
      },
      license: { name: 'UNLICENSED' },
      tags: [{ name: 'bookings' }, { name: 'sessions' }],
    },
    servers,
    defaultContentType: contentType,
    channels: perType(channel),
    operations: perType(operation),
    components: {
      messages: Object.fromEntries(catalogue.map((event) => [nameOf(event), message(event)])),
      schemas: {
        envelope: inside(envelopeJsonSchema()),
        ...Object.fromEntries(catalogue.map((event) => [nameOf(event), inside(jsonSchemaOf(event))])),
      },
    },
  };
};
