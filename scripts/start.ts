/** `npm start`: everything up, one booking walked to a completed session, then up until Ctrl-C. `-- --once` ends after the walk. */
import { parseArgs } from 'node:util';
import { printableLines } from '@mentor-sessions/service-kit/printable';
import { firstSignal } from './start/first-signal.ts';
import { startStack } from './start/stack.ts';
import { sayWhatIsUp } from './start/what-is-up.ts';
import { walk } from './walk/walk.ts';

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
/** What was started, to be stopped in reverse. */
const closing = new AsyncDisposableStack();
const signalled = firstSignal().then(() => 'signalled' as const);

const startAndWalk = async (): Promise<boolean> => {
  const stack = await startStack(closing);
  const succeeded = await walk(stack);
  if (!values.once) await sayWhatIsUp(stack);
  return succeeded;
};

const began = startAndWalk().catch((error: unknown) => {
  if (!closing.disposed) console.error(printableLines(error instanceof Error ? error.message : String(error)));
  return undefined;
});
const outcome = await Promise.race([began, signalled]);
if (outcome !== undefined && !values.once) await signalled;
if (!values.once) console.log('\nStopping: the roles drain first …');
await closing.disposeAsync().catch((error: unknown) => console.error('Something failed to stop:', error));
process.exit(outcome === true || (outcome === 'signalled' && !values.once) ? 0 : 1);
