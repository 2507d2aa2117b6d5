/** A server that `npm start` or a test uses. */
export type Controllable = {
  /** Ends it in an orderly way; data and port stay. */
  stop(): Promise<void>;
  /** Ends it as a crash would (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it answers. */
  start(): Promise<void>;
};
export type PostgresServer = Controllable & { readonly adminUrl: string };
export type Broker = Controllable & {
  /** As administrator, in the default vhost. */
  readonly amqpUrl: string;
  /** RabbitMQ's management HTTP API with the administrator's credentials; null where an external broker offers none. */
  readonly managementUrl: string | null;
  /** Runs rabbitmqctl on its node and returns what it printed; undefined for an external broker. */
  readonly control?: (args: readonly string[]) => Promise<string>;
  /** How one of its tools, such as `rabbitmqctl`, runs on its node; undefined where it is not a process of this machine. */
  readonly tool?: (name: string) => { readonly command: readonly string[]; readonly env: NodeJS.ProcessEnv };
};
/** Data that stays between starts: where, and the administrators' passwords. */
export type Kept = {
  readonly folder: string;
  /** In the names of Docker's volumes. */
  readonly id: string;
  readonly passwords: { readonly postgres: string; readonly rabbitmq: string };
};

export type Versions = { readonly postgres: string; readonly rabbitmq: string };

export type Backing = {
  readonly kind: 'external' | 'docker' | 'native';
  readonly why: string;
  readonly versions: Versions;
  readonly postgres: PostgresServer;
  readonly broker: Broker;
  stop(): Promise<void>;
};

/** The part of a backing that another process can use: all but the controls. */
export type BackingDescription = Pick<Backing, 'kind' | 'why' | 'versions'> & {
  readonly postgres: Pick<PostgresServer, 'adminUrl'>;
  readonly broker: Pick<Broker, 'amqpUrl' | 'managementUrl'>;
};
