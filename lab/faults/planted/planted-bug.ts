/** A text of the source that stands there exactly once, and what it becomes. */
export type Patch = { readonly file: string; readonly find: string; readonly replace: string };

export type PlantedBug = {
  readonly id: string;
  readonly name: string;
  readonly patches: readonly Patch[];
  /** SQL as the owner: what the database itself would stop is taken out of its guards first. */
  readonly unguard?: { readonly bookings?: readonly string[]; readonly sessions?: readonly string[] };
  /** The fault that must bring it to light. */
  readonly fault: string;
};
