import type { ConsumeMessage } from 'amqplib';
import { judge, type Judgement } from './judge.ts';
import type { Subscription } from './message.ts';

/** A delivery and what was found when it was read. */
export type Judged<Data> = { readonly delivery: ConsumeMessage; readonly judgement: Judgement<Data> };

/** Larger ones wait as bytes: read as they arrive, a whole prefetch of them would outlive the young heap, several times over. */
const READ_ON_ARRIVAL_BYTES = 8_192;

export const judged = <Data>(delivery: ConsumeMessage, subscription: Subscription<Data>): Judged<Data> =>
  delivery.content.length <= READ_ON_ARRIVAL_BYTES
    ? { delivery, judgement: judge(delivery, subscription) }
    : {
        delivery,
        get judgement() {
          return judge(delivery, subscription);
        },
      };
