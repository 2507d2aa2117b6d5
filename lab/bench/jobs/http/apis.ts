import { freePort } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import { startScript } from '../../harness/processes.ts';
import type { Api } from '../http.ts';

export const floorApi = (service: 'bookings' | 'sessions', script: string): Api => ({
  name: 'floor',
  kind: 'floor',
  start: async ({ stack }) => {
    const port = String(await freePort());
    const variables = { ...serviceEnvironment({ ...stack[service], auth: stack.auth }), PORT: port };
    return { ...(await startScript(script, variables)), url: `http://127.0.0.1:${port}` };
  },
});

export const ourApi = (service: 'bookings' | 'sessions'): Api => ({
  name: 'mentor-sessions',
  kind: 'ours',
  start: (stage) => stage.start(`${service} api`),
});
