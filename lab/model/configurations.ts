/** Which file, with which values: what the parameters mean stands at the top of each model. */
export type Configuration = {
  readonly name: string;
  readonly model: 'outbox-and-relay' | 'consumer-and-inbox' | 'gathered-writes';
  readonly parameters: string;
  /** Part of `npm run lab`. */
  readonly isSmall?: true;
};

/** Each is exhausted: every order of every step and every fault is tried. */
export const configurations: readonly Configuration[] = [
  {
    name: 'two relays, two events, refusals, missing bindings',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=2 COPY=0 LANES=1 RELAYS=2 FAULTS=2 REFUSALS UNBOUND',
    isSmall: true,
  },
  {
    name: 'a relay, two aggregates in a lane, marks',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=2 EVENTS=1 COPY=0 LANES=1 RELAYS=1 FAULTS=2 REFUSALS UNBOUND MARKS',
    isSmall: true,
  },
  {
    name: "a relay, a reminder's copy, failovers",
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=1 COPY=1 LANES=1 RELAYS=1 FAULTS=3 SYNC MARKS',
    isSmall: true,
  },
  {
    name: 'two consumers, drain, replay, all faults',
    model: 'consumer-and-inbox',
    parameters: 'MESSAGES=2 COPIES=1 CONSUMERS=2 FAULTS=2 LIMIT=2 POISON FORGETS REFUSING DELETED LIMITED SYNC',
    isSmall: true,
  },
  {
    name: 'a message twice, two consumers',
    model: 'consumer-and-inbox',
    parameters: 'MESSAGES=1 COPIES=2 CONSUMERS=2 FAULTS=3 LIMIT=2 FORGETS LIMITED SYNC',
    isSmall: true,
  },
  {
    name: 'three commands, a failover, a retry under a key',
    model: 'gathered-writes',
    parameters: 'COMMANDS=3 STATEMENTS=2 FAULTS=1 SYNC KEY REFUSED',
    isSmall: true,
  },
  {
    name: 'two relays, two events, marks',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=2 COPY=0 LANES=1 RELAYS=2 FAULTS=2 REFUSALS MARKS',
  },
  {
    name: 'two relays, two aggregates in a lane, marks',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=2 EVENTS=1 COPY=0 LANES=1 RELAYS=2 FAULTS=2 MARKS',
  },
  {
    name: "two relays, a reminder's copy, failovers, marks",
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=1 COPY=1 LANES=1 RELAYS=2 FAULTS=2 SYNC MARKS',
  },
  {
    name: 'two relays, two lanes, two events each',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=2 EVENTS=2 COPY=0 LANES=2 RELAYS=2 FAULTS=2 REFUSALS UNBOUND',
  },
  {
    name: 'two relays, two events, three faults, failovers',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=2 COPY=0 LANES=1 RELAYS=2 FAULTS=3 REFUSALS UNBOUND SYNC',
  },
  {
    name: 'two messages twice, two consumers, all faults',
    model: 'consumer-and-inbox',
    parameters: 'MESSAGES=2 COPIES=2 CONSUMERS=2 FAULTS=1 LIMIT=2 POISON FORGETS REFUSING DELETED LIMITED SYNC',
  },
  {
    name: 'three messages, two consumers, three faults',
    model: 'consumer-and-inbox',
    parameters: 'MESSAGES=3 COPIES=1 CONSUMERS=2 FAULTS=3 LIMIT=2 POISON FORGETS REFUSING LIMITED',
  },
  {
    name: 'three commands, failovers, two faults',
    model: 'gathered-writes',
    parameters: 'COMMANDS=3 STATEMENTS=2 FAULTS=2 SYNC KEY REFUSED',
  },
  {
    name: 'four commands of two apis, failovers, two faults',
    model: 'gathered-writes',
    parameters: 'COMMANDS=4 STATEMENTS=2 FAULTS=2 SYNC KEY REFUSED',
  },
  {
    name: 'two relays, two aggregates in a lane, marks, three faults',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=2 EVENTS=1 COPY=0 LANES=1 RELAYS=2 FAULTS=3 MARKS',
  },
  {
    name: 'two relays, two events, marks, three faults',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=2 COPY=0 LANES=1 RELAYS=2 FAULTS=3 REFUSALS MARKS',
  },
  {
    name: "two relays, a reminder's copy, failovers, marks, three faults",
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=1 COPY=1 LANES=1 RELAYS=2 FAULTS=3 SYNC MARKS',
  },
  {
    name: 'two loops of one relay, two events, refusals, missing bindings, three faults',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=2 COPY=0 LANES=1 RELAYS=2 LOOPS=2 FAULTS=3 REFUSALS UNBOUND',
  },
  {
    name: 'progress: two relays, two events, refusals, missing bindings',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=2 COPY=0 LANES=1 RELAYS=2 FAULTS=2 REFUSALS UNBOUND FAIR',
    isSmall: true,
  },
  {
    name: 'progress: two aggregates in two lanes, one refused permanently, marks',
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=2 EVENTS=1 COPY=0 LANES=2 RELAYS=1 FAULTS=2 REFUSALS FOREVER UNBOUND MARKS FAIR',
  },
  {
    name: "progress: a relay, a reminder's copy, failovers, marks",
    model: 'outbox-and-relay',
    parameters: 'AGGREGATES=1 EVENTS=1 COPY=1 LANES=1 RELAYS=1 FAULTS=3 SYNC MARKS FAIR',
  },
  {
    name: 'progress: two consumers, drain, replay, all faults',
    model: 'consumer-and-inbox',
    parameters: 'MESSAGES=2 COPIES=1 CONSUMERS=2 FAULTS=2 LIMIT=2 POISON FORGETS REFUSING DELETED LIMITED SYNC FAIR',
    isSmall: true,
  },
  {
    name: 'progress: three commands, a failover, a retry under a key',
    model: 'gathered-writes',
    parameters: 'COMMANDS=3 STATEMENTS=2 FAULTS=1 SYNC KEY REFUSED FAIR',
    isSmall: true,
  },
];
