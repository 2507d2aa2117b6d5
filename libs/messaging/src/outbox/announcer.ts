import type { Database } from '@mentor-sessions/service-kit/database';

/** The channel on which relays listen. */
export const OUTBOX_CHANNEL = 'outbox';

/**
 * Returns what notifies the relays of committed events: to be called after the commit, never throws and never waits.
 * A notification inside each business transaction would halve the commit rate (they queue for one lock), so it is sent
 * after the commit on another connection, and coalesced: calls during one share the next. Losing one costs a poll
 * interval, never a message.
 */
export const createAnnouncer = (database: Database): (() => void) => {
  let isRequested = false;
  let isSending = false;
  const send = async (): Promise<void> => {
    isSending = true;
    while (isRequested) {
      isRequested = false;
      await database.query(`notify ${OUTBOX_CHANNEL}`).catch(() => undefined); // the relay polls anyway
    }
    isSending = false;
  };
  return () => {
    isRequested = true;
    if (!isSending) void send();
  };
};
