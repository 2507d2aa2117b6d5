/** Why this service refuses a message for good, beside what every consumer refuses. Each has its line in the runbook. */
export const rejections = ['session-already-exists', 'session-id-taken'] as const;
