/** Hears how one connection fares, over all its lives. */
export type ConnectionWatch = {
  readonly opened: () => void;
  readonly ended: () => void;
  /** Could not be made, or was lost. */
  readonly failed: () => void;
  readonly blocked: (isBlocked: boolean) => void;
};

/** Given what a connection is for: publisher, consumer, drain. */
export type BrokerWatch = (connection: string) => ConnectionWatch;

const nothing = (): void => undefined;

export const unwatched: BrokerWatch = () => ({ opened: nothing, ended: nothing, failed: nothing, blocked: nothing });
