import type { ConsumeMessage } from 'amqplib';
import type { Message } from './message.ts';

/** A message and all its copies of one batch: they share one outcome. */
export type Letter<Data> = { readonly message: Message<Data>; readonly deliveries: ConsumeMessage[] };
