/** As far as the tools count one by one; beyond that a count would cost the database more than it tells. */
export const COUNTED = 10_000;

/** For people: `12`, or `10000 or more`. */
export const howMany = (count: number): string => (count < COUNTED ? String(count) : `${COUNTED} or more`);
