import type { Database } from '@mentor-sessions/service-kit/database';
import { DatabaseUnavailable, DeadLetterNotStored, faultOf, isCausedByRow } from '../inbox/faults.ts';
import { inboxOf, tryOut, type Inbox } from '../inbox/inbox.ts';
import { Rejected, sampleMessage, type Subscription } from '../inbox/message.ts';

/** `message`: it counts as an attempt, of which a message has a few. `database`: no fault of the message; it is retried until it succeeds. */
export type FailureCause = 'message' | 'database';

type ProbeOptions<Data> = { readonly database: Database | Inbox; readonly subscription: Subscription<Data> };

/**
 * Enters a message into the inbox and handles a sample of its type, in a transaction that is rolled back. Rejects with the
 * error of the database; resolves with how much was tried.
 */
export const probe = async <Data>(
  { database, subscription }: ProbeOptions<Data>,
  type: string,
): Promise<'inbox' | 'handler'> => {
  const { queue, sample, handle } = subscription;
  const inbox = inboxOf(database);
  const message = sample?.(type);
  await tryOut(inbox, async (tx) => {
    await inbox.enter(tx, queue.name, [message ?? sampleMessage(type, undefined)]);
    if (message) await handle(tx, [message]).catch(unlessRejected);
  });
  return message ? 'handler' : 'inbox';
};

const unlessRejected = (error: unknown): void => {
  if (!(error instanceof Rejected)) throw error;
};

type Context<Data> = {
  readonly options: ProbeOptions<Data>;
  readonly type: string;
  /** Other messages were handled since this one failed. */
  readonly othersSucceeded: boolean;
};

/**
 * Finds the cause of a failure. A handler's own errors count against the message. The database's errors do so only if the
 * database handles a sample of that type or, without a sample, other messages. If it handles nothing this throws
 * `DatabaseUnavailable`, and the queue waits.
 */
export const classifyFailure = async <Data>(
  error: unknown,
  { options, type, othersSucceeded }: Context<Data>,
): Promise<FailureCause> => {
  const fault = error instanceof DeadLetterNotStored ? 'database' : faultOf(error);
  if (fault === 'handler') return 'message';
  if (othersSucceeded && fault === 'database') return 'database';
  if (othersSucceeded && !options.subscription.sample) return 'message';
  const reached = await probe(options, type).catch(() => {
    if (othersSucceeded) return 'nothing';
    throw new DatabaseUnavailable(error, type);
  });
  const isProof = reached === 'handler' || (reached === 'inbox' && isCausedByRow(error));
  return fault === 'unclear' && isProof ? 'message' : 'database';
};
