import type { HttpWorld } from './http-world.ts';

/** Each of these asks what must be refused: it says what it did, and notes what was not. */
export type Attack = (world: HttpWorld) => Promise<string>;
