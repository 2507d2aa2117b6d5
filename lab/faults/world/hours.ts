const HOUR_MS = 3_600_000;
const FIRST = Date.UTC(2040, 0, 1);

/** Hands out the hours of each mentor, one after the other. */
export const createHours = () => {
  const next = new Map<number, number>();
  return (mentor: number): { start: string; end: string } => {
    const hour = next.get(mentor) ?? 0;
    next.set(mentor, hour + 1);
    const at = (n: number) => new Date(FIRST + n * HOUR_MS).toISOString();
    return { start: at(hour), end: at(hour + 1) };
  };
};
