export type Answer = { readonly status: number; readonly body: Record<string, unknown> };
export type Call = {
  readonly url: string;
  readonly token: string;
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly body?: object;
};

/** One request of the public API. */
export const call = async ({ url, token, method = 'GET', body }: Call): Promise<Answer> => {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(10_000),
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** Fails with the whole answer when the status is another one. */
export const expectStatus = (answer: Answer, status: number): Answer => {
  if (answer.status === status) return answer;
  throw new Error(`expected ${status}, got ${answer.status} ${JSON.stringify(answer.body)}`);
};
