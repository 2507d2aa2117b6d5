/** Why this service refuses a message for good, beside what every consumer refuses. Each has its line in the runbook. */
export const rejections = ['unknown-booking'] as const;
