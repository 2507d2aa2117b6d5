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
  /** Unacknowledged copies, in the order of their delivery. */
  requeue(copies: readonly Copy[]): void;
  dispatch(): void;
};

export type Binding = { readonly pattern: string; readonly queue: Queue };
export type Exchange = { readonly name: string; readonly type: string; bindings: Binding[] };

export type Unacked = { readonly copy: Copy; readonly consumer: Consumer };

export type ServerChannel = {
  readonly number: number;
  confirming: boolean;
  /** Set while the broker has closed it and the client has not confirmed that. */
  closing: boolean;
  prefetch: number;
  readonly consumers: Map<string, Consumer>;
  send(id: number, fields: Fields, message?: Copy): void;
  deliver(consumer: Consumer, copy: Copy): void;
  /** The deliveries that are settled; null: no such delivery. */
  settle(tag: number, multiple: boolean): Unacked[] | null;
  /** Unacknowledged copies of this queue. */
  outstanding(queue: Queue): Copy[];
  /** Requeues the unacknowledged copies. */
  requeue(given: readonly Unacked[]): void;
  release(): void;
  /** The queue of a consumer was deleted: it gets a null delivery, and its copies cannot be requeued. */
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
  /** The connection is lost: everything unacknowledged is requeued. */
  gone(): void;
};

/** The fault of a publish, if any; called for each. */
export type PublishFate = 'fine' | 'nacked' | 'nacked although taken' | 'never confirmed' | 'confirmed late';

export type BrokerOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly maxMessageBytes?: number;
  readonly fateOf?: (message: Fields) => PublishFate;
  /** Everything published to an exchange, with the queues that got it. */
  readonly onRouted?: (copy: Copy, queues: readonly Queue[]) => void;
  readonly onDeadLettered?: (copy: Copy) => void;
  readonly onRequeued?: (queue: Queue, copy: Copy) => void;
  /** Messages in a queue when it was deleted; those of consumers may still be handled. */
  readonly onDestroyed?: (copy: Copy) => void;
};

export type Broker = BrokerOptions & {
  readonly exchanges: Map<string, Exchange>;
  readonly queues: Map<string, Queue>;
  readonly connections: Set<ServerConnection>;
  /** Memory or disk alarm: publishers are blocked. */
  alarmed: boolean;
  /** Dead letters without a queue yet. */
  strandedLetters: number;
  /** Connections are refused. */
  isDown: boolean;
  route(exchange: Exchange, copy: Copy): Queue[];
  declareQueue(name: string, args: QueueArguments): Queue;
  deleteQueue(name: string): void;
};
