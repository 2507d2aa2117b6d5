import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as Collect;

const LARGE = 512 * 1024;

/**
 * Collects the young heap behind a batch of large bodies. Each body is a string and some buffers; V8 counts the strings
 * alone, and would let 100 MiB of buffers gather before it collects: too much for a container of 256 MiB.
 */
export const collectAfter = (bytes: number): void => {
  if (bytes > LARGE) collect({ type: 'minor' });
};
