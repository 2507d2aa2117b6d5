import type { Registry } from 'prom-client';
import type { Checks } from './admin.ts';
import type { Database, Needs } from './database.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './log.ts';

/** One process of a service, as each of its roles sees it. */
export type ServiceProcess<Config, Worker extends Component = Component> = {
  /** Of the service and the roles that run: what database and broker show of this connection. */
  readonly name: string;
  readonly config: Config;
  readonly log: Logger;
  readonly registry: Registry;
  readonly database: Database;
  /** Makes the process visible to operators. */
  readonly worker: Worker;
  /** What the role needs of the database, and whether the pool's connections give it. */
  readonly needs: Needs;
  readonly databaseCheck: () => Promise<true | string>;
};

/** What a role consists of, in the order in which it starts, and what must hold for it to be ready. */
export type RoleParts = { readonly components: readonly Component[]; readonly checks: Checks };
