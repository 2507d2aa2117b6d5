/** `TUNED`: large batches, published in parallel, polled often. `REPLICATION`: from the write-ahead log. */
import {
  createReplicationSemaphoreConcurrencyController,
  getDisabledLogger,
  initializePollingMessageListener,
  initializeReplicationMessageListener,
} from 'pg-transactional-outbox';
import { publish } from './broker/publish.ts';

const { DATABASE_URL: connectionString, TUNED, REPLICATION } = process.env;
const handler = {
  handle: (message: { payload: unknown }) => publish(message.payload as Parameters<typeof publish>[0]),
};
const settings = { dbSchema: 'peer', dbTable: 'outbox' };
const common = { outboxOrInbox: 'outbox' as const, dbListenerConfig: { connectionString, max: 20 } };
// as its documentation recommends for an outbox, where duplicates are harmless
const withoutProtection = { enableMaxAttemptsProtection: false, enablePoisonousMessageProtection: false };
const protection = TUNED
  ? withoutProtection
  : { enableMaxAttemptsProtection: true, enablePoisonousMessageProtection: true };

if (REPLICATION) {
  const slot = { dbPublication: 'peer_outbox', dbReplicationSlot: REPLICATION };
  initializeReplicationMessageListener(
    { ...common, settings: { ...settings, ...slot, ...protection } },
    handler,
    getDisabledLogger(),
    TUNED ? { concurrencyStrategy: createReplicationSemaphoreConcurrencyController(100) } : {},
  );
} else {
  const often = { nextMessagesBatchSize: 100, nextMessagesPollingIntervalInMs: 20 };
  initializePollingMessageListener(
    {
      ...common,
      settings: {
        ...settings,
        nextMessagesFunctionSchema: 'peer',
        nextMessagesFunctionName: 'next_messages',
        ...protection,
        ...(TUNED ? often : {}),
      },
    },
    handler,
    getDisabledLogger(),
    TUNED ? { batchSizeStrategy: () => Promise.resolve(often.nextMessagesBatchSize) } : {},
  );
}
console.log('ready');
