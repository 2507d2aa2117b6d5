import { randomBytes } from 'node:crypto';
import { createApiClient } from '@mentor-sessions/lab/api-client';
import type { ApiClient } from '@mentor-sessions/lab/api-client';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { freePorts, loopback } from '@mentor-sessions/local-stack/ports';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { openRows } from '@mentor-sessions/lab/rows';
import type { Rows } from '@mentor-sessions/lab/rows';
import { createEngine, isWell, serviceOf } from './engine.ts';
import type { Engine } from './engine.ts';

export type Composed = Engine & {
  readonly image: string;
  readonly passwords: readonly string[];
  readonly bookings: ApiClient;
  readonly sessions: ApiClient;
  readonly console: ApiClient;
  readonly rows: Readonly<Record<'bookings' | 'sessions', Rows>>;
  allWell(): Promise<void>;
  close(): Promise<void>;
};

const apis = ['BOOKINGS', 'SESSIONS', 'CONSOLE'] as const;
const portNames = [...apis, 'IDENTITY', 'POSTGRES', 'RABBITMQ', 'RABBITMQ_MANAGEMENT'] as const;

const choosePorts = async (): Promise<Record<(typeof portNames)[number], number>> => {
  const free = await freePorts(portNames.length);
  return Object.fromEntries(portNames.map((name, index) => [name, free[index]])) as Awaited<
    ReturnType<typeof choosePorts>
  >;
};

const tokensFrom =
  (identity: string) =>
  async ({ userId, roles, mentorProfileId }: Claims): Promise<string> => {
    const asked = new URLSearchParams({ user: userId, roles: roles.join(','), expires_in: '6h' });
    if (mentorProfileId) asked.set('mentor_profile', mentorProfileId);
    return (await (await fetch(`${identity}/token?${asked.toString()}`)).text()).trim();
  };

/** docker-compose.yml as it stands, built and brought up under a name and on ports of its own. */
export const composeUp = async (...profiles: readonly string[]): Promise<Composed> => {
  const ports = await choosePorts();
  const [postgres = '', rabbitmq = ''] = [0, 1].map(() => randomBytes(12).toString('hex'));
  const image = 'mentor-sessions:test';
  const engine = createEngine({
    ...Object.fromEntries(portNames.map((name) => [`${name}_PORT`, String(ports[name])])),
    SERVICE_IMAGE: image,
    DEVELOPMENT_IMAGE: 'mentor-sessions-development:test',
    POSTGRES_PASSWORD: postgres,
    RABBITMQ_PASSWORD: rabbitmq,
    COMPOSE_PROFILES: profiles.join(','),
  });
  const down = () => engine.compose('down', '--volumes', '--remove-orphans', '--timeout', '20');
  const at = (name: (typeof portNames)[number]): string => `http://${loopback}:${ports[name]}`;
  const api = (name: (typeof apis)[number]): ApiClient =>
    createApiClient({ url: at(name), token: tokensFrom(at('IDENTITY')), check: () => undefined });
  const rowsOf = (service: string): Rows =>
    openRows(`postgresql://administrator:${postgres}@${loopback}:${ports.POSTGRES}/${service}`);
  await down();
  await engine.compose('up', '--build', '--wait').catch(async (error: unknown) => {
    await down();
    throw error;
  });
  const rows = { bookings: rowsOf('bookings'), sessions: rowsOf('sessions') };
  return {
    ...engine,
    image,
    passwords: [postgres, rabbitmq],
    bookings: api('BOOKINGS'),
    sessions: api('SESSIONS'),
    console: api('CONSOLE'),
    rows,
    allWell: async () => {
      const unwell = async () => (await engine.containers()).filter((each) => !isWell(each)).map(serviceOf);
      await eventually(
        async () => {
          const names = await unwell();
          if (names.length > 0) throw new Error(names.join(', '));
          return true;
        },
        { within: 120_000, every: 500, describe: 'all containers are well' },
      );
    },
    close: async () => {
      await rows.bookings.close();
      await rows.sessions.close();
      await down();
    },
  };
};
