import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { type: 'minor' }) => void;

let collect: Collect | undefined;

/**
 * Buffers are outside the heap, and V8 hardly counts them as a reason to collect it: large bodies and amqplib's copies of
 * them would be 60 to 100 MiB of garbage first, too much for a container of 256 MiB. A flag of the image would not do: this
 * library also runs in processes of other teams. Takes some 20 ms ('minor', the young generation: less).
 */
export const collectGarbage = (type: 'minor' | 'major'): void => {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  if (type === 'minor') collect({ type });
  else collect();
};
