import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

type Compose = {
  readonly services: Readonly<
    Record<string, { networks?: string[]; environment?: object; command?: string[]; volumes?: string[] }>
  >;
  readonly networks: object;
};
const text = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
const { services, networks } = parse(text, { merge: true }) as Compose;
const names = Object.keys(services);
const reaches = (one: string, other: string): boolean =>
  (services[one]?.networks ?? ['default']).some((network) =>
    (services[other]?.networks ?? ['default']).includes(network),
  );
const reachedBy = (server: string): string[] =>
  names.filter((name) => name !== server && reaches(name, server)).toSorted();
const nodes = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'];
const tools = ['broker-users', 'console', 'databases', 'ops'];
const migrations = ['bookings-migrations', 'sessions-migrations'];
const of = (service: string, ...roles: string[]): string[] => roles.map((role) => `${service}-${role}`);

test('every container is on named networks, and every network is used', () => {
  for (const name of names) expect([name, services[name]?.networks?.length]).not.toEqual([name, undefined]);
  const used = new Set(names.flatMap((name) => services[name]?.networks ?? []));
  expect([...used].toSorted()).toEqual(Object.keys(networks).toSorted());
});

test('the broker is reached by workers, operators and its set-up, by no api', () => {
  for (const node of nodes) {
    const workers = [...of('bookings', 'relay', 'consumer'), ...of('sessions', 'relay', 'consumer')];
    const others = nodes.filter((name) => name !== node);
    // PostgreSQL stands on the networks of operators and set-up too, and asks no one
    expect(reachedBy(node)).toEqual([...workers, ...others, ...tools, ...migrations, 'postgres'].toSorted());
  }
});

test('no role of a service is on a network with the other service, but for metrics and the broker', () => {
  expect(services['bookings-api']?.networks).toEqual(['bookings-database', 'identity', 'telemetry']);
  expect(services['sessions-api']?.networks).toEqual(['sessions-database', 'identity', 'telemetry']);
  for (const service of ['bookings', 'sessions']) {
    const other = service === 'bookings' ? 'sessions' : 'bookings';
    for (const role of ['api', 'relay', 'consumer', 'retention'])
      expect(services[`${service}-${role}`]?.networks).not.toContain(`${other}-database`);
  }
});

test('the file contains no Erlang cookie: the first node creates one', () => {
  expect(text).not.toMatch(/ERLANG_COOKIE/);
  for (const node of nodes) {
    expect(services[node]?.command?.join()).toContain('/dev/urandom');
    expect(services[node]?.volumes).toContain('erlang-cookie:/var/lib/erlang-cookie');
  }
});
