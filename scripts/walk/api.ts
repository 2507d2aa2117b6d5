type Answer<Data> = { readonly data?: Data; readonly error?: unknown; readonly response: { readonly status: number } };

/** What the typed client got; fails with the whole answer when it was refused. */
export const expectData = <Data>({ data, error, response }: Answer<Data>): Data => {
  if (data !== undefined) return data;
  throw new Error(`expected success, got ${response.status} ${JSON.stringify(error)}`);
};
