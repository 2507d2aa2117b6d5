import type pg from 'pg';

const cancelled = new WeakSet<object>();

/**
 * A commit whose wait for the standby was cancelled (`pg_cancel_backend`) is answered with success and a warning. Its text
 * depends on `lc_messages`; the place in the server's source does not.
 */
export const hearCancelledWaits = (client: pg.ClientBase): void => {
  client.on('notice', ({ routine }) => {
    if (routine === 'SyncRepWaitForLSN') cancelled.add(client);
  });
};

export const waitWasCancelled = (client: object): boolean => cancelled.has(client);
