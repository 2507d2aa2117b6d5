import { resolve } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/migrations';

const folder = resolve(repository, process.env['LOCAL_STACK_FOLDER'] ?? '.local');

/** What `npm start` leaves for others; `LOCAL_STACK_FOLDER` puts it elsewhere, e.g. for a second stack beside a running one. */
export const localFiles = {
  folder,
  stack: `${folder}/stack.json`,
  signingKey: `${folder}/signing-key.json`,
  jwks: `${folder}/jwks.json`,
  logs: `${folder}/logs/${process.pid}`,
} as const;
