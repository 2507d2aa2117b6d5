/** `npm start`: everything up, one booking walked to a completed session, then up until Ctrl-C. */
import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { printableLines } from '@mentor-sessions/service-kit/printable';
import { firstSignal } from './start/first-signal.ts';
import { startStack } from './start/stack.ts';
import { sayWhatIsUp } from './start/what-is-up.ts';
import { seed } from './seed/seed.ts';
import { walk } from './walk/walk.ts';

const usage = `
npm start -- [options]    starts everything and takes one booking to a completed session; Ctrl-C ends it

  --seed   adds a small world: bookings and sessions in every state; the second time it adds nothing
  --keep   keeps the data in .local/kept for the next start with --keep
  --once   ends after that, with exit code 0 if all went well

Settings of docs/for-operators.md reach the services: CORS_ORIGINS=http://localhost:5173 npm start
BOOKINGS_PORT, SESSIONS_PORT and LOCAL_STACK…: libs/local-stack/README.md
`;
const values = readArguments(usage, {
  once: { type: 'boolean', default: false },
  seed: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
});
/** What was started, to be stopped in reverse. */
const closing = new AsyncDisposableStack();
const signalled = firstSignal().then(() => 'signalled' as const);

const startAndWalk = async (): Promise<boolean> => {
  const stack = await startStack(closing, values);
  const succeeded = await walk(stack);
  if (values.seed && succeeded) await seed(stack);
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
