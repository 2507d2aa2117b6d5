import { holdPort, holdPortFrom } from '@mentor-sessions/local-stack/ports';
import type { HeldPort } from '@mentor-sessions/local-stack/ports';
import type { Service } from '@mentor-sessions/local-stack/system';

/** Held so that another `npm start` does not choose the same ones; released just before the apis listen. */
export type ApiPorts = Readonly<Record<Service, HeldPort>>;

const wanted = {
  bookings: { variable: 'BOOKINGS_PORT', byDefault: 3001 },
  sessions: { variable: 'SESSIONS_PORT', byDefault: 3002 },
} as const satisfies Record<Service, { variable: string; byDefault: number }>;

type Say = (line: string) => void;

const choose = async (service: Service, say: Say): Promise<HeldPort> => {
  const { variable, byDefault } = wanted[service];
  const value = process.env[variable];
  if (!value) {
    const held = await holdPortFrom(byDefault);
    if (held.port !== byDefault) say(`Port ${byDefault} is taken: ${service} listens on ${held.port}.`);
    return held;
  }
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) throw new Error(`${variable} is not a port: "${value}"`);
  const held = await holdPort(port);
  if (!held) throw new Error(`${variable}: port ${port} is taken`);
  return held;
};

/** A default that is taken gives way to the next free port; a given one that is taken is an error. */
export const holdApiPorts = async (say: Say = console.log): Promise<ApiPorts> => ({
  bookings: await choose('bookings', say),
  sessions: await choose('sessions', say),
});
