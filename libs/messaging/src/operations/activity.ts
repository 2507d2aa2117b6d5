/** What a process is at, as cheap as two numbers: written for each message, read every few seconds. */
export type Activity = {
  took(messages: number): void;
  settled(messages: number): void;
  /** What was in hand is given back. */
  gaveBack(): void;
  inFlight(): number;
  /** Milliseconds since the epoch; null: none yet. */
  lastMessageAt(): number | null;
};

export const createActivity = (): Activity => {
  let inFlight = 0;
  let last: number | null = null;
  return {
    took: (messages) => {
      inFlight += messages;
      if (messages > 0) last = Date.now();
    },
    settled: (messages) => {
      inFlight = Math.max(0, inFlight - messages);
    },
    gaveBack: () => {
      inFlight = 0;
    },
    inFlight: () => inFlight,
    lastMessageAt: () => last,
  };
};
