/** SQL: a version 7 UUID of that time, as far as an index is concerned. */
export const uuidAt = (at: string): string =>
  `encode(substring(int8send((extract(epoch from ${at}) * 1000)::bigint) from 3) || substring(uuid_send(gen_random_uuid()) from 7), 'hex')::uuid`;
