import { graphileWorker } from './peers/graphile-worker.ts';
import { pgBoss } from './peers/pg-boss.ts';
import { pgTransactionalOutbox, pgTransactionalOutboxByReplication } from './peers/pg-transactional-outbox.ts';
import type { Relay } from './relay.ts';

export const relayPeers: readonly Relay[] = [
  graphileWorker({ isTuned: true }),
  graphileWorker({ isTuned: false }),
  pgBoss({ isTuned: true }),
  pgBoss({ isTuned: false }),
  pgTransactionalOutbox({ isTuned: true }),
  pgTransactionalOutbox({ isTuned: false }),
  pgTransactionalOutboxByReplication({ isTuned: true }),
  pgTransactionalOutboxByReplication({ isTuned: false }),
];
