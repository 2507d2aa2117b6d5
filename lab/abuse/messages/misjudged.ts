export type Kept = { readonly message_id: string | null; readonly reason: string };

/**
 * Messages that were dead-lettered for an unexpected reason, or not dead-lettered although none of their
 * reasons is `handled`. Each must have its own dead letter; a sum would not notice one in place of another.
 */
export const misjudged = (expected: ReadonlyMap<string, readonly string[]>, kept: readonly Kept[]): string[] => {
  const ids = new Set(kept.map(({ message_id: messageId }) => String(messageId)));
  const wrong = kept.filter(({ message_id: messageId, reason }) => !expected.get(String(messageId))?.includes(reason));
  const missed = [...expected].filter(([messageId, reasons]) => !reasons.includes('handled') && !ids.has(messageId));
  return [
    ...wrong.map(
      (one) => `${one.message_id} kept as ${one.reason}, not ${String(expected.get(String(one.message_id)))}`,
    ),
    ...missed.map(([messageId, reasons]) => `${messageId} is not kept as ${reasons.join(' or ')}`),
  ];
};
