import * as crypto from 'node:crypto';

/** Node has its own from 24.16 on. */
export const randomUUIDv7 = (): string => {
  if ('randomUUIDv7' in crypto) return crypto.randomUUIDv7();
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${(crypto as { randomUUID(): string }).randomUUID().slice(15)}`;
};
