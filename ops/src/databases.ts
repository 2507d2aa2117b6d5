import type { Queryable } from '@mentor-sessions/service-kit/database';

export const services = ['bookings', 'sessions'] as const;
export type Service = (typeof services)[number];

/** Both databases, each as its `<service>_operator`. */
export type Databases = Readonly<Record<Service, Queryable>>;

/** Who acts, and why: kept for ever in `operator_actions`. Neither may be empty. */
export type Act = { readonly operator: string; readonly reason: string };

/** Asks both databases, or one of them, at once; bookings' rows come first. */
export const askBoth = async <T>(
  databases: Databases,
  ask: (db: Queryable, service: Service) => Promise<readonly T[]>,
  only?: Service,
): Promise<T[]> => {
  const asked = services.filter((service) => (only ?? service) === service);
  return (await Promise.all(asked.map((service) => ask(databases[service], service)))).flat();
};

/** For each service that `found` names, the ids of it, with the database to act in. */
export const byService = <T extends { readonly service: Service }>(
  databases: Databases,
  found: readonly T[],
): { readonly db: Queryable; readonly service: Service; readonly items: readonly T[] }[] =>
  services
    .map((service) => ({ db: databases[service], service, items: found.filter((item) => item.service === service) }))
    .filter(({ items }) => items.length > 0);
