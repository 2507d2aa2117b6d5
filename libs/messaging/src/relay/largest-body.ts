const refusal = /message size \d+ is larger than configured max size (\d+)/;

/**
 * The broker's max_message_size in bytes, if a channel's error tells it: RabbitMQ answers a body above it by closing the
 * channel (406), and what else was on its way there is lost with it.
 */
export const largestBodyIn = (error: unknown): number | undefined => {
  const [, limit] = refusal.exec(String((error as { message?: unknown } | null)?.message)) ?? [];
  return limit === undefined ? undefined : Number(limit);
};
