/** Reasons of the library for a dead letter; a service adds its own rejections. */
export const technicalReasons = [
  'malformed',
  'too-large',
  'unknown-type',
  'unknown-version',
  'schema-violation',
  'id-mismatch',
  'content-mismatch',
  'forged-sender',
  'handler-failed',
  'delivery-limit',
  'expired',
  'queue-full',
  'rejected',
  'sent-to-dead-queue',
] as const;

export type TechnicalReason = (typeof technicalReasons)[number];
