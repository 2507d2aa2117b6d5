import type { Answer, ApiClient, Call, Method } from '@mentor-sessions/lab/api-client';
import { eventually } from '@mentor-sessions/local-stack/eventually';

export type Asked = readonly [Method, string, Call];

/** Retries as a careful client does: the same request with the same key until there is a response. */
export const persistently = (client: ApiClient, [method, path, call]: Asked, key: string): Promise<Answer> =>
  eventually(
    async () => {
      const answer = await client(method, path, { ...call, headers: { 'Idempotency-Key': key } }).catch(() => null);
      return answer && answer.status < 500 && answer.body.code !== 'idempotency-key-in-use' && answer;
    },
    { within: 40_000, describe: `${method} ${path} is answered` },
  );
