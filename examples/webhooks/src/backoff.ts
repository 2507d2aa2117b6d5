const [MINUTE, HOUR] = [60, 3_600];

/** Seconds after each attempt that failed, as Standard Webhooks advises: ten attempts within three days. */
const schedule = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/** Everyone who failed in the same second would come again in the same second. */
const JITTER = 0.2;

/** Seconds until the next attempt, later if the receiver asks for it (`Retry-After`, in seconds); null: give up. */
export const waitAfter = (attempts: number, retryAfter?: string): number | null => {
  const planned = schedule[attempts - 1];
  if (planned === undefined) return null;
  const asked = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
  return Math.max(planned * (1 + JITTER * Math.random()), asked);
};
