import type { Random } from '../../random.ts';

export const hex = (random: Random, digits: number): string =>
  Math.floor(random.next() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');

export const newId = (random: Random): string =>
  `${hex(random, 8)}-${hex(random, 4)}-7${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`;
