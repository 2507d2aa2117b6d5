import type { Part } from '../part.ts';
import { serverLog } from './server-log.ts';
import { subscribers } from './subscribers.ts';

/** F52: what other services, operators and the server's own log must not come to see. More of it is in `database` and `supply`. */
export const privilege: Part = { name: 'privilege', run: async () => [...(await subscribers()), await serverLog()] };
