export type Kept = { readonly message_id: string | null; readonly reason: string };

/**
 * Messages that were kept for another reason than one of those expected, and such as were not kept although none of their
 * reasons is `handled`: each must have its own dead letter; a sum alone would not notice one in place of another.
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
