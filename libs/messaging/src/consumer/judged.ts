import type { ConsumeMessage } from 'amqplib';
import { judge, type Judgement } from './judge.ts';
import type { Subscription } from './message.ts';

/** A delivery and what was found when it was read. */
export type Judged<Data> = { readonly delivery: ConsumeMessage; readonly judgement: Judgement<Data> };

export const judged = <Data>(delivery: ConsumeMessage, subscription: Subscription<Data>): Judged<Data> => ({
  delivery,
  judgement: judge(delivery, subscription),
});
