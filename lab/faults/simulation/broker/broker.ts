import type { Fields } from './amqplib.ts';
import { routes } from './exchange.ts';
import { createQueue } from './queue.ts';
import type { Broker, BrokerOptions, Copy, Exchange, Queue } from './types.ts';

/** The state of one broker and what it does by itself; clients' methods are in methods.ts. */
export const createBroker = (options: BrokerOptions): Broker => {
  const { scheduler, random } = options;

  const route = (exchange: Exchange, copy: Copy): Queue[] => {
    const queues = routes(exchange, copy.routingKey);
    options.onRouted?.(copy, queues);
    for (const queue of queues) queue.enqueue({ ...copy, deliveries: 0 });
    return queues;
  };

  /** Dead-lettered at least once: it waits for an exchange and a queue. */
  const deadLetter = (from: Queue, copy: Copy, reason: string): void => {
    const exchange = broker.exchanges.get(String(from.arguments['x-dead-letter-exchange']));
    const routingKey = (from.arguments['x-dead-letter-routing-key'] as string | undefined) ?? copy.routingKey;
    const death = [{ queue: from.name, reason, count: 1 }];
    const given = copy.properties['headers'] as Fields;
    const headers = { ...given, 'x-first-death-reason': reason, 'x-death': death };
    const dead = { ...copy, exchange: exchange?.name ?? '', routingKey, properties: { ...copy.properties, headers } };
    if (exchange && routes(exchange, routingKey).length > 0) {
      options.onDeadLettered?.(copy);
      route(exchange, dead);
      return;
    }
    broker.strandedLetters += 1;
    scheduler.timer(null, 1_000, () => {
      broker.strandedLetters -= 1;
      deadLetter(from, copy, reason);
    });
  };

  const deleteQueue = (name: string): void => {
    const queue = broker.queues.get(name);
    if (!queue) return;
    broker.queues.delete(name);
    queue.deleted = true;
    for (const exchange of broker.exchanges.values())
      exchange.bindings = exchange.bindings.filter((binding) => binding.queue !== queue);
    const channels = [...broker.connections].flatMap((connection) => [...connection.channels.values()]);
    const outstanding = channels.flatMap((channel) => channel.outstanding(queue));
    for (const copy of [...queue.ready.splice(0), ...outstanding]) options.onDestroyed?.(copy);
    for (const consumer of queue.consumers.splice(0)) consumer.channel.cancelled(consumer);
  };

  const broker: Broker = {
    ...options,
    exchanges: new Map(),
    queues: new Map(),
    connections: new Set(),
    alarmed: false,
    strandedLetters: 0,
    isDown: false,
    route,
    declareQueue: (name, args) => {
      const queue = createQueue({
        name,
        arguments: args,
        scheduler,
        random,
        deadLetter,
        onRequeued: options.onRequeued,
      });
      broker.queues.set(name, queue);
      return queue;
    },
    deleteQueue,
  };
  return broker;
};
