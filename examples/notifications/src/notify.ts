import type { SessionCompleted } from '@mentor-sessions/contracts';
import { Unavailable, type Message } from '@mentor-sessions/messaging';

/**
 * Sends through an HTTP service that supports Idempotency-Key: after a restart a copy may be sent again, under the same key.
 * While that service is unavailable (no response, or 5xx) the failure does not count against the message: it waits in the queue.
 */
export const notifier =
  (url: string) =>
  async ({ id, data }: Message<SessionCompleted>): Promise<void> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': id };
    const body = JSON.stringify({
      to: data.menteeUserId,
      text: `Your session ${data.sessionId} is completed. Thank you!`,
    });
    const signal = AbortSignal.timeout(5_000);
    const response = await fetch(url, { method: 'POST', headers, body, signal }).catch((cause: unknown) => {
      throw new Unavailable('The notification service does not respond.', { cause });
    });
    if (response.status >= 500) throw new Unavailable(`The notification service returned ${response.status}.`);
    if (!response.ok) throw new Error(`notification refused: ${response.status}`);
  };
