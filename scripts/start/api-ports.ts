import { freePortFrom, isPortFree } from '@mentor-sessions/local-stack/ports';
import type { Service } from './stack.ts';

const wanted = {
  bookings: { variable: 'BOOKINGS_PORT', byDefault: 3001 },
  sessions: { variable: 'SESSIONS_PORT', byDefault: 3002 },
} as const satisfies Record<Service, { variable: string; byDefault: number }>;

const given = async (variable: string, value: string): Promise<number> => {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) throw new Error(`${variable} is no port: "${value}"`);
  if (await isPortFree(port)) return port;
  throw new Error(`${variable}: port ${port} is taken`);
};

const nextFree = async (service: Service, byDefault: number, taken: number[]): Promise<number> => {
  let port = await freePortFrom(byDefault);
  while (taken.includes(port)) port = await freePortFrom(port + 1);
  if (port !== byDefault) console.log(`Port ${byDefault} is taken: ${service} listens on ${port}.`);
  return port;
};

/** A default that is taken gives way to the next free port; a given one that is taken is an error. */
export const chooseApiPorts = async (): Promise<Record<Service, number>> => {
  const ports: number[] = [];
  for (const service of ['bookings', 'sessions'] as const) {
    const { variable, byDefault } = wanted[service];
    const value = process.env[variable];
    ports.push(value ? await given(variable, value) : await nextFree(service, byDefault, ports));
  }
  const [bookings = 0, sessions = 0] = ports;
  if (bookings === sessions) throw new Error(`BOOKINGS_PORT and SESSIONS_PORT are both ${bookings}`);
  return { bookings, sessions };
};
