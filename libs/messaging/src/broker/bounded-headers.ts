/** Beyond as many fields, lists and tables inside counted, headers are kept as the beginning of their text. */
const MOST_FIELDS = 256;
const MOST_TEXT = 4_096;

/** What this library reads; the broker's own history of a message is short. */
const kept = ['traceparent', 'x-death', 'x-delivery-count'];

const isWithin = (value: unknown, left: { fields: number }): boolean => {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return true;
  for (const one of Object.values(value)) {
    left.fields -= 1;
    if (left.fields < 0 || !isWithin(one, left)) return false;
  }
  return true;
};

/** A copy of its own: a slice would keep the whole text in memory. */
const beginningOf = (headers: object): string => {
  try {
    return Buffer.from(JSON.stringify(headers).slice(0, MOST_TEXT)).toString();
  } catch {
    return 'nested too deeply'; // an error here would end the connection, and the next one
  }
};

/**
 * 64 KiB of headers are a megabyte of objects, for each message that waits. Few fields stay as they are; of many, those
 * that are read here, if they are few, and the beginning of the rest as text.
 */
export const boundedHeaders = (headers: object): object => {
  if (isWithin(headers, { fields: MOST_FIELDS })) return headers;
  const few = Object.entries(headers).filter(
    ([name, value]) => kept.includes(name) && isWithin(value, { fields: MOST_FIELDS }),
  );
  return { ...Object.fromEntries(few), 'x-headers-begin': beginningOf(headers) };
};
