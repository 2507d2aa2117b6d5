import { technicalReasons } from './dead-letters/reasons.ts';
import { inboxDown, inboxUp } from './schema/inbox-schema.ts';
import { outboxDown, outboxUp } from './schema/outbox-schema.ts';

export { outboxMove } from './schema/outbox-schema.ts';
export { outboxLowWaterMarks } from './schema/outbox-low-water-marks.ts';
export { outboxBounds } from './schema/outbox-bounds.ts';
export { deadLetterReasons, rejectionsChange } from './schema/inbox-schema.ts';
export { inboxVacuum, retentionSchema } from './schema/retention-schema.ts';
export { emissionsSchema } from './schema/emissions-schema.ts';
export { operationsSchema } from './schema/operations-schema.ts';
export { operatorsReadNothingPrivate } from './schema/operators-read-nothing-private.ts';
export { partitionsByBounds } from './schema/partitions-by-bounds.ts';

export type MessagingSchema = { readonly up: readonly string[]; readonly down: readonly string[] };

/**
 * The tables outbox, outbox_published, inbox and dead_letters with what `appRole` may do on them, as SQL for the first
 * migration of a service. `rejections` are the service's own reasons for a dead letter. Run as the owner of the schema;
 * what has landed is never edited, later versions are migrations of their own.
 */
export const messagingSchema = (service: { appRole: string; rejections: readonly string[] }): MessagingSchema => ({
  up: [...outboxUp(service.appRole), ...inboxUp(service.appRole, service.rejections)],
  down: [...inboxDown, ...outboxDown],
});

/**
 * Inbox and dead_letters alone: for a service that subscribes and publishes nothing, with the reasons of today. A service
 * that migrated with an earlier version of this library adds them with `deadLetterReasons`.
 */
export const subscriberSchema = ({
  appRole,
  rejections = [],
}: {
  appRole: string;
  rejections?: readonly string[];
}): MessagingSchema => ({
  up: inboxUp(appRole, rejections, technicalReasons),
  down: inboxDown,
});
