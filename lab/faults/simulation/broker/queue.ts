import type { Random } from '../../random.ts';
import type { Scheduler } from '../clock/scheduler.ts';
import type { Copy, Queue, QueueArguments } from './types.ts';

type QueueOptions = {
  readonly name: string;
  readonly arguments: QueueArguments;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly deadLetter: (queue: Queue, copy: Copy, reason: string) => void;
  readonly onRequeued?: ((queue: Queue, copy: Copy) => void) | undefined;
};

/** A quorum queue: counts deliveries, and dead-letters messages above its limit. */
export const createQueue = ({ scheduler, random, deadLetter, onRequeued, ...own }: QueueOptions): Queue => {
  const pipe = scheduler.pipe(null);
  const limit = Number(own.arguments['x-delivery-limit'] ?? Infinity);
  let asked = false;

  const deliverSome = (): void => {
    asked = false;
    for (let left = random.int(1, 8); left > 0 && queue.ready.length > 0; left--) {
      const free = queue.consumers.filter((consumer) => consumer.unacked < consumer.limit);
      if (free.length === 0) return;
      const consumer = random.pick(free);
      consumer.channel.deliver(consumer, queue.ready.shift() as Copy);
    }
    queue.dispatch();
  };

  const queue: Queue = {
    ...own,
    ready: [],
    consumers: [],
    unacked: 0,
    deleted: false,
    enqueue: (copy) => {
      queue.ready.push(copy);
      queue.dispatch();
    },
    requeue: (copies) => {
      queue.unacked -= copies.length;
      if (queue.deleted) return;
      for (const copy of copies) {
        copy.deliveries += 1;
        onRequeued?.(queue, copy);
      }
      const isSpent = ({ deliveries }: Copy): boolean => deliveries > limit;
      queue.ready.unshift(...copies.filter((copy) => !isSpent(copy)));
      for (const copy of copies.filter(isSpent)) deadLetter(queue, copy, 'delivery_limit');
      queue.dispatch();
    },
    dispatch: () => {
      if (asked || queue.ready.length === 0 || !queue.consumers.some(({ unacked, limit: most }) => unacked < most))
        return;
      asked = true;
      pipe.push(deliverSome);
    },
  };
  return queue;
};
