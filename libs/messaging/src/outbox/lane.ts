/** The number of lanes, as in sql/outbox.sql and sql/outbox-functions.sql. To change it: docs/scaling.md. */
export const LANE_COUNT = 16;

/**
 * The lane of an aggregate, 0–15: FNV-1a (32 bit) of the id's text, modulo 16. Must never change: rows
 * that wait in an outbox got their lane from an earlier version of this code.
 */
export const laneOf = (aggregateId: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < aggregateId.length; index++) {
    hash = Math.imul(hash ^ aggregateId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % LANE_COUNT;
};
