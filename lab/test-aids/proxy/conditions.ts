const calm = { latencyMs: 0, jitterMs: 0, sliceBytes: Infinity, bytesPerSecond: Infinity, slowCloseMs: 0 };

/** How the network is at the moment; one for all connections of a proxy, changed while they run. */
export const createConditions = (random: () => number) => {
  const now = { ...calm };
  return Object.assign(now, {
    /** Milliseconds that the next chunk is on its way. */
    delay: (): number => Math.max(0, now.latencyMs + (2 * random() - 1) * now.jitterMs),
    areCalm: (): boolean =>
      now.latencyMs === 0 && now.jitterMs === 0 && now.sliceBytes === Infinity && now.bytesPerSecond === Infinity,
    calmDown: (): void => void Object.assign(now, calm),
  });
};
export type Conditions = ReturnType<typeof createConditions>;
