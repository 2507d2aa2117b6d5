const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** For logs, a message id as every message of ours has it. Anything else is a stranger's text, and stands in the dead letter alone. */
export const loggableId = (messageId: unknown): string | undefined =>
  typeof messageId === 'string' && uuid.test(messageId) ? messageId : undefined;
