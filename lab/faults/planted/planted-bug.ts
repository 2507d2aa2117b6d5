/** A text that occurs in the source exactly once, and its replacement. */
export type Patch = { readonly file: string; readonly find: string; readonly replace: string };

/** Makes patches of this file. */
export const patchesOf =
  (file: string) =>
  (find: string, replace: string): Patch => ({ file, find, replace });

export type PlantedBug = {
  readonly id: string;
  readonly name: string;
  readonly patches: readonly Patch[];
  /** SQL of the owner that removes the database's guards against the bug. */
  readonly unguard?: { readonly bookings?: readonly string[]; readonly sessions?: readonly string[] };
  /** The fault that must find it. */
  readonly fault: string;
};
