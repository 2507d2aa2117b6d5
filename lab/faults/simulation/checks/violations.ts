/** A broken promise, with the smallest example. */
export type Violation = { readonly invariant: string; readonly witness: Readonly<Record<string, unknown>> };

export const violation = (invariant: string, witness: Readonly<Record<string, unknown>>): Violation => ({
  invariant,
  witness,
});
