import { byAlgorithm } from './hostile/algorithms.ts';
import { byClaims } from './hostile/claims.ts';
import { byFormat } from './hostile/format.ts';
import { byKeyTricks } from './hostile/key-tricks.ts';
import type { Hostile } from './hostile/shape.ts';
import type { Issuer } from './issuer.ts';

const asHeaders = (tokens: Readonly<Record<string, string>>): Hostile[] =>
  Object.entries(tokens).map(([name, token]) => ({ name, headers: ['authorization', `Bearer ${token}`] }));

/** `listener`: where key URLs inside tokens lead; nobody may ask there. */
export const hostileTokens = (issuer: Issuer, listener: string): Hostile[] => [
  ...asHeaders(byAlgorithm(issuer)),
  ...asHeaders(byKeyTricks(issuer, listener)),
  ...asHeaders(byClaims(issuer)),
  ...byFormat(issuer),
];
