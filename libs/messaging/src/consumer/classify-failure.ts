import type { Database } from '@mentor-sessions/service-kit/database';
import { faultOf, isCausedByRow, DeadLetterNotStored, DatabaseUnavailable } from '../inbox/faults.ts';
import { inboxOf, type Inbox } from '../inbox/inbox.ts';
import { type Subscription, sampleMessage, Rejected } from '../inbox/message.ts';

/** `counts`: the message failed, and may do so a few times. `waits`: no known fault of the message; it is retried until it works. */
export type FailureCause = 'counts' | 'waits';

type ProbeOptions<Data> = { readonly database: Database | Inbox; readonly subscription: Subscription<Data> };

class RolledBack extends Error {}

/**
 * Enters a message in the inbox and has a sample of its type handled, in a transaction that is rolled back. Rejects with
 * what keeps the database from it; resolves with how much of the way that was.
 */
export const probe = async <Data>(
  { database, subscription }: ProbeOptions<Data>,
  type: string,
): Promise<'inbox' | 'handler'> => {
  const { queue, sample, handle } = subscription;
  const inbox = inboxOf(database);
  const message = sample?.(type);
  await inbox
    .transaction(async (tx) => {
      await inbox.enter(tx, queue.name, [message ?? sampleMessage(type, undefined)]);
      if (message) await handle(tx, [message]).catch(unlessRejected);
      throw new RolledBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error;
    });
  return message ? 'handler' : 'inbox';
};

const unlessRejected = (error: unknown): void => {
  if (!(error instanceof Rejected)) throw error;
};

type FailureContext<Data> = {
  readonly options: ProbeOptions<Data>;
  readonly type: string;
  /** Other messages were handled since this one failed. */
  readonly othersSucceeded: boolean;
};

/**
 * Whose fault an error is. A handler's own errors count against the message. The database's answer counts only when the
 * database serves a sample of that type, or neighbours where there is no sample. When it serves nothing this throws
 * `Trouble`, and the queue waits.
 */
export const classifyFailure = async <Data>(
  error: unknown,
  { options: probed, type, othersSucceeded: neighbours }: FailureContext<Data>,
): Promise<FailureCause> => {
  const fault = error instanceof DeadLetterNotStored ? 'database' : faultOf(error);
  if (fault === 'handler') return 'counts';
  if (neighbours && fault === 'database') return 'waits';
  if (neighbours && !probed.subscription.sample) return 'counts';
  const reached = await probe(probed, type).catch(() => {
    if (neighbours) return 'nowhere';
    throw new DatabaseUnavailable(error, type);
  });
  const isProof = reached === 'handler' || (reached === 'inbox' && isCausedByRow(error));
  return fault === 'unclear' && isProof ? 'counts' : 'waits';
};
