const REMEMBERED = 20_000;

/**
 * What a relay remembers of messages for as long as it lives, so that it does not repeat them to subscribers. Bounded:
 * beyond some batches it forgets the oldest.
 */
export const createPublishedIds = (limit = REMEMBERED) => {
  const out = new Map<string, true>();
  const unconfirmed = new Map<string, number>();
  const remember = <T>(map: Map<string, T>, id: string, value: T): void => {
    map.delete(id);
    map.set(id, value);
    const [oldest] = map.size > limit ? map.keys() : [];
    if (oldest !== undefined) map.delete(oldest);
  };
  return {
    /** The broker has them; whether their rows will be moved is not known yet. */
    areOut: (ids: readonly string[]): void => ids.forEach((id) => remember(out, id, true)),
    isOut: (id: string): boolean => out.has(id),
    /** They were sent and not confirmed; returns how often in a row, the last time included. */
    wasNotConfirmed: (id: string): number => {
      const times = (unconfirmed.get(id) ?? 0) + 1;
      remember(unconfirmed, id, times);
      return times;
    },
    forget: (ids: readonly string[]): void =>
      ids.forEach((id) => {
        out.delete(id);
        unconfirmed.delete(id);
      }),
  };
};

export type PublishedIds = ReturnType<typeof createPublishedIds>;
