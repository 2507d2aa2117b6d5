/** One step of a trace, as lab/model/traces.h reads it. Sets of rows are numbers: bit n stands for row n. */
export type Step = {
  readonly kind: Kind;
  /** Number of the relay or consumer in the model; of the process, if a relay died. */
  readonly who: number;
  /** Of a consumer: copies; when it commits, 1 if it has written an effect; at the end the outcome. */
  readonly rows: number;
  /** Of a claim: 1 if it returned all rows. */
  readonly parked: number;
  readonly refused: number;
};

const kinds = {
  claimed: 1,
  sent: 2,
  confirmed: 3,
  nacked: 4,
  returned: 5,
  moved: 6,
  committed: 7,
  ended: 8,
  killed: 9,
  over: 10,
  received: 11,
  entered: 12,
  found: 13,
  committing: 14,
  'dead-lettered': 15,
  acknowledged: 16,
  lost: 17,
  /** Not steps of a model. */
  'requeued alone': 98,
  'sent without mandatory': 99,
} as const;
export type Kind = keyof typeof kinds;

export const step = (kind: Kind, who: number, { rows = 0, parked = 0, refused = 0 } = {}): Step => ({
  kind,
  who,
  rows,
  parked,
  refused,
});

export const encode = (steps: readonly Step[]): string =>
  steps.map(({ kind, who, rows, parked, refused }) => [kinds[kind], who, rows, parked, refused].join(' ')).join(' ');

const nameOf = (code: number): string => Object.entries(kinds).find(([, number]) => number === code)?.[0] ?? 'nothing';

const rowsIn = (set: number): string =>
  Array.from({ length: 8 }, (_, n) => n)
    .filter((n) => (set >> n) & 1)
    .map((n) => `#${n}`)
    .join(' ') || 'none';

/** The step at `at` of an encoded trace, in words. */
export const describeStep = (trace: string, at: number): string => {
  const numbers = trace.split(' ').map(Number);
  const [code = 0, who = 0, rows = 0, parked = 0] = numbers.slice(at * 5);
  const name = nameOf(code);
  const isOfConsumer = numbers[0] === kinds.received;
  if (isOfConsumer) return `consumer ${who}: ${name}${ofCopies.has(name) ? ` ${rowsIn(rows)}` : ''}`;
  if (name === 'killed') return `process ${who} dies`;
  if (name === 'over') return `over; published: ${rowsIn(rows)}`;
  if (name === 'committed' || name === 'ended') return `relay ${who}: ${name}`;
  return `relay ${who}: ${name} ${rowsIn(rows)}${name === 'moved' ? `, parked ${rowsIn(parked)}` : ''}`;
};

const ofCopies = new Set(['received', 'acknowledged']);
