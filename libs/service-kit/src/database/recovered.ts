import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { replicationBarrier } from './durability.ts';
import { RequirementNotMet } from './errors.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

const UNCONFIRMED =
  'PostgreSQL was restarted or replaced, and its synchronous standby has not confirmed what it shows: bring the standby back, promote it, or take it out of synchronous_standby_names';
/** For a standby that is away: one backend waits for it, and another a minute later. */
const PATIENCE_MS = 60_000;

/**
 * Crash recovery shows commits that no standby has. So no connection to a server in another life than the one before is
 * used, not even to read, until a commit of ours there has been confirmed. Where no synchronous standby is configured
 * nothing waits. The first life that a process meets is trusted.
 */
export const refuseUnconfirmed = (url: string, options: SessionOptions) => {
  let trusted: string | undefined;
  const confirming = new Map<string, Promise<void>>();

  // on a connection of its own, which outlives the patience of those who want one
  const confirm = async (): Promise<void> => {
    const timing = { query_timeout: PATIENCE_MS, connectionTimeoutMillis: options.openTimeoutMs };
    const client = new pg.Client({ connectionString: url, application_name: 'durability', ...timing });
    client.on('error', () => undefined); // the query fails
    try {
      await client.connect();
      const { serverLife } = await openSession(client, options);
      await client.query(replicationBarrier.text);
      trusted = serverLife;
    } finally {
      void client.end().catch(() => undefined);
    }
  };

  return async ({ serverLife }: Session): Promise<void> => {
    trusted ??= serverLife;
    if (serverLife === trusted) return;
    const settled = confirming.get(serverLife) ?? confirm().finally(() => confirming.delete(serverLife));
    confirming.set(serverLife, settled);
    const tired = pause(options.openTimeoutMs / 2, undefined, { ref: false });
    await Promise.race([settled.catch(() => undefined), tired]);
    if (serverLife !== trusted) throw new RequirementNotMet(UNCONFIRMED);
  };
};
