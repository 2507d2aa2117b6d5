import { readFileSync } from 'node:fs';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { Service } from '@mentor-sessions/local-stack/system';

const chosenHere = new Set([
  'NODE_ENV',
  'HOST',
  'PORT',
  'ADMIN_PORT',
  'DATABASE_URL',
  'RETENTION_DATABASE_URL',
  'ALLOW_FSYNC_OFF',
  'AMQP_URL',
  'AUTH_ISSUER',
  'AUTH_AUDIENCE',
  'AUTH_JWKS_URL',
  'AUTH_JWKS_FILE',
  'SESSIONS_URL',
  'SESSIONS_AMQP_USER',
  'BOOKINGS_AMQP_USER',
]);

/** The variables of a service that `npm start` passes on, with the values of .env.example, which lists all of them. */
export const settingsOf = (service: Service): ReadonlyMap<string, string> => {
  const sections = readFileSync(`${repository}.env.example`, 'utf8').split(/^# --- /m);
  const ours = sections.filter((text) => text.startsWith('both services') || text.startsWith(service)).join('');
  const examples = [...ours.matchAll(/^(?:# )?([A-Z_]+)=(.*)$/gm)];
  return new Map(examples.flatMap(([, name = '', value = '']) => (chosenHere.has(name) ? [] : [[name, value]])));
};

/** Those that are set here, or a file for them. `BOOKINGS_CORS_ORIGINS` is for bookings alone, and goes first. */
export const settingsFor = (service: Service, env: NodeJS.ProcessEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...settingsOf(service).keys()]
      .flatMap((name) => [name, `${name}_FILE`])
      .flatMap((name) => {
        const value = env[`${service.toUpperCase()}_${name}`] ?? env[name];
        return value ? [[name, value]] : [];
      }),
  );
