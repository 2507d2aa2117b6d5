/** Why the library itself keeps a message instead of handling it; a service adds its own rejections. */
export const technicalReasons = [
  'malformed',
  'unknown-type',
  'unknown-version',
  'schema-violation',
  'id-mismatch',
  'content-mismatch',
  'forged-sender',
  'handler-failed',
  'delivery-limit',
] as const;

export type TechnicalReason = (typeof technicalReasons)[number];
