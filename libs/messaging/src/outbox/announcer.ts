import type { Database } from '@mentor-sessions/service-kit/database';

/** The channel on which relays listen. */
export const OUTBOX_CHANNEL = 'outbox';

/** Tells the relays that something was committed; call it after the commit. It never throws and never waits. */
export type Announcer = () => void;

/**
 * A notification inside each business transaction would halve commits (they queue for one lock), so it is sent after the
 * commit, on another connection, and coalesced: while one is on its way, all that ask share the next. Losing one costs
 * a poll interval, never a message.
 */
export const createAnnouncer = (database: Database): Announcer => {
  let wanted = false;
  let sending = false;
  const send = async (): Promise<void> => {
    sending = true;
    while (wanted) {
      wanted = false;
      await database.query(`notify ${OUTBOX_CHANNEL}`).catch(() => undefined); // the relay polls all the same
    }
    sending = false;
  };
  return () => {
    wanted = true;
    if (!sending) void send();
  };
};
