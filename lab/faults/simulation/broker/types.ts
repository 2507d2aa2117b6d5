import type { Random } from '../../random.ts';
import type { Scheduler } from '../clock/scheduler.ts';
import type { Fields, Frame } from './amqplib.ts';

/** One copy of a message in one queue. */
export type Copy = {
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: Fields;
  readonly content: Buffer;
  deliveries: number;
};

export type QueueArguments = { readonly [name: string]: unknown };

export type Consumer = {
  readonly tag: string;
  readonly queue: Queue;
  readonly channel: ServerChannel;
  readonly limit: number;
  unacked: number;
  readonly noAck: boolean;
};

export type Queue = {
  readonly name: string;
  readonly arguments: QueueArguments;
  readonly ready: Copy[];
  consumers: Consumer[];
  unacked: number;
  deleted: boolean;
  enqueue(copy: Copy): void;
  /** Copies that were delivered and not acknowledged, in the order of their delivery. */
  requeue(copies: readonly Copy[]): void;
  dispatch(): void;
};

export type Binding = { readonly pattern: string; readonly queue: Queue };
export type Exchange = { readonly name: string; readonly type: string; bindings: Binding[] };

export type Unacked = { readonly copy: Copy; readonly consumer: Consumer };

export type ServerChannel = {
  readonly number: number;
  confirming: boolean;
  /** Set while the broker has closed it and the client has not said that it knows. */
  closing: boolean;
  prefetch: number;
  readonly consumers: Map<string, Consumer>;
  send(id: number, fields: Fields, message?: Copy): void;
  deliver(consumer: Consumer, copy: Copy): void;
  /** What is no longer outstanding now; null: there is no such delivery. */
  settle(tag: number, multiple: boolean): Unacked[] | null;
  /** Copies of this queue that were delivered and not acknowledged. */
  outstanding(queue: Queue): Copy[];
  /** Gives back what was delivered and not acknowledged. */
  requeue(given: readonly Unacked[]): void;
  release(): void;
  /** The queue of a consumer was deleted: it is told by a delivery of null, and what it holds can come back nowhere. */
  cancelled(consumer: Consumer): void;
  nextPublish(): number;
  confirm(tag: number, isAck: boolean): void;
};

/** The broker's side of one connection. */
export type ServerConnection = {
  readonly broker: Broker;
  readonly user: string;
  readonly channels: Map<number, ServerChannel>;
  readonly isOpen: () => boolean;
  blocked: boolean;
  send(frames: Frame[]): void;
  sendMethod(id: number, fields: Fields): void;
  openChannel(number: number): ServerChannel;
  /** Stops reading from it, or reads on. */
  block(blocked: boolean): void;
  /** The connection is gone: everything unacknowledged goes back. */
  gone(): void;
};

/** What may go wrong with one publish; asked for each. */
export type PublishFate = 'fine' | 'nacked' | 'nacked although taken' | 'never confirmed' | 'confirmed late';

export type BrokerOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly maxMessageBytes?: number;
  readonly fateOf?: (message: Fields) => PublishFate;
  /** Everything that an exchange was given, with the queues that took it. */
  readonly onRouted?: (copy: Copy, queues: readonly Queue[]) => void;
  readonly onDeadLettered?: (copy: Copy) => void;
  readonly onRequeued?: (queue: Queue, copy: Copy) => void;
  /** What was in a queue when it was deleted; what a consumer holds at that time may still be handled. */
  readonly onDestroyed?: (copy: Copy) => void;
};

export type Broker = BrokerOptions & {
  readonly exchanges: Map<string, Exchange>;
  readonly queues: Map<string, Queue>;
  readonly connections: Set<ServerConnection>;
  /** Memory or disk alarm: whoever publishes is blocked. */
  alarmed: boolean;
  /** Dead letters that have nowhere to go yet. */
  strandedLetters: number;
  /** No one can connect. */
  isDown: boolean;
  route(exchange: Exchange, copy: Copy): Queue[];
  declareQueue(name: string, args: QueueArguments): Queue;
  deleteQueue(name: string): void;
};
