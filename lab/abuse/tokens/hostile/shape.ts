/** What is sent as headers, and by what it is known. */
export type Hostile = { readonly name: string; readonly headers: readonly string[]; readonly query?: string };
