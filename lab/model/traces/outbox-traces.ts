import type { ClaimedRow, SeenLine } from './seen.ts';
import { encode, step, type Step } from './steps.ts';

/** The sizes for which the verifier is compiled. */
export const bounds = { rows: 6, processes: 3, loops: 2 } as const;

/** The final state of a row. */
export type Outcome = 'published' | 'waiting';

type Options = {
  readonly seen: readonly SeenLine[];
  /** By lane and position: whether it was published at the end. */
  readonly outcomeOf: (row: ClaimedRow) => Outcome;
  readonly mustReachAQueue: (type: string) => boolean;
};

/** `subject`: the aggregate, or the message that is consumed. */
export type Trace = { readonly subject: string; readonly steps: string };
/** `leftOut`: aggregates with more rows or more relays than the verifier has. */
export type Traces = { readonly traces: readonly Trace[]; readonly leftOut: number };

type Id = number | string;
type Batch = { readonly tx: Id; readonly process: string; readonly loop: number; readonly rows: readonly ClaimedRow[] };
type Line<Kind extends SeenLine['kind']> = Extract<SeenLine, { kind: Kind }>;
type Publication = { readonly batch: Batch; readonly row: ClaimedRow; isReturned: boolean };

/** Splits the recorded steps of the relays of one outbox into one trace for each aggregate. */
export const tracesOf = ({ seen, outcomeOf, mustReachAQueue }: Options): Traces => {
  const byAggregate = new Map<string, ReturnType<typeof createTrace>>();
  const batches = new Map<Id, Batch>();
  const publications = new Map<Id, Publication>();

  const traceOf = ({ aggregateId }: ClaimedRow) => {
    const trace = byAggregate.get(aggregateId) ?? createTrace();
    byAggregate.set(aggregateId, trace);
    return trace;
  };
  const byTrace = (rows: readonly ClaimedRow[]) => Map.groupBy(rows, traceOf);

  const freeLoop = (process: string): number => {
    const taken = new Set([...batches.values()].filter((each) => each.process === process).map(({ loop }) => loop));
    return Array.from({ length: bounds.loops }, (_, loop) => loop).find((loop) => !taken.has(loop)) ?? bounds.loops;
  };

  /** The batch of a publication: that of the code that sends it, unless it belongs to an earlier process. */
  const batchOf = (process: string, { tx, messageId }: { tx: Id; messageId: string }): Batch | undefined => {
    const holds = (batch: Batch): boolean =>
      batch.process === process && batch.rows.some((row) => row.messageId === messageId);
    const isNew = (batch: Batch): boolean =>
      ![...publications.values()].some((one) => one.batch === batch && one.row.messageId === messageId);
    const own = batches.get(tx);
    return own && holds(own) ? own : [...batches.values()].find((batch) => holds(batch) && isNew(batch));
  };

  const end = (kind: 'committed' | 'ended', batch: Batch): void => {
    for (const trace of byTrace(batch.rows).keys()) trace.add(kind, batch);
    batches.delete(batch.tx);
  };

  const claimed = ({ process, tx, rows, isAll }: Line<'claimed'>): void => {
    const batch = { tx, process, loop: freeLoop(process), rows };
    batches.set(tx, batch);
    for (const [trace, own] of byTrace(rows)) trace.add('claimed', batch, { rows: own, isAll });
  };

  const sent = (line: Line<'sent'>): void => {
    const again = publications.get(line.publication);
    if (again) return void (again.isReturned = false); // on another channel, which has its own confirms
    const batch = batchOf(line.process, line);
    const row = batch?.rows.find(({ messageId }) => messageId === line.messageId);
    if (!batch || !row) return;
    publications.set(line.publication, { batch, row, isReturned: false });
    traceOf(row).add(line.mandatory ? 'sent' : 'sent without mandatory', batch, { rows: [row] });
  };

  const answered = (kind: 'confirmed' | 'nacked', { row, batch, isReturned }: Publication): void => {
    if (batches.has(batch.tx))
      traceOf(row).add(kind === 'confirmed' && isReturned ? 'returned' : kind, batch, { rows: [row] });
  };

  const died = (process: string): void => {
    for (const [tx, batch] of batches) if (batch.process === process) batches.delete(tx);
    for (const trace of byAggregate.values()) trace.died(process);
  };

  const committing = (batch: Batch, { moved, parked }: Line<'committing'>): void => {
    const [movedPlaces, parkedByPlace] = [new Set(moved), new Map(parked.map((one) => [one.place, one]))];
    for (const [trace, rows] of byTrace(batch.rows))
      trace.add('moved', batch, {
        rows: rows.filter(({ place }) => movedPlaces.has(place)),
        parked: rows.filter(({ place }) => parkedByPlace.has(place)),
        refused: rows.filter(({ place }) => parkedByPlace.get(place)?.isRefused),
      });
  };

  for (const line of seen) {
    const batch = 'tx' in line ? batches.get(line.tx) : undefined;
    const publication = 'publication' in line ? publications.get(line.publication) : undefined;
    if (line.kind === 'claimed') claimed(line);
    else if (line.kind === 'sent') sent(line);
    else if (line.kind === 'died') died(line.process);
    else if (batch && line.kind === 'committing') committing(batch, line);
    else if (batch && (line.kind === 'committed' || line.kind === 'ended')) end(line.kind, batch);
    else if (publication && (line.kind === 'confirmed' || line.kind === 'nacked')) answered(line.kind, publication);
    else if (publication && line.kind === 'returned') publication.isReturned = mustReachAQueue(publication.row.type);
  }
  const traces = [...byAggregate].flatMap(([subject, trace]): Trace[] => {
    const steps = trace.end(outcomeOf);
    return steps === null ? [] : [{ subject, steps }];
  });
  return { traces, leftOut: byAggregate.size - traces.length };
};

type About = {
  readonly rows?: readonly ClaimedRow[];
  readonly parked?: readonly ClaimedRow[];
  readonly refused?: readonly ClaimedRow[];
  readonly isAll?: boolean;
};

type Numbered = (bits: (rows?: readonly ClaimedRow[]) => number) => Step;
const isSameProcess = (one: number, other: number): boolean =>
  Math.floor(one / bounds.loops) === Math.floor(other / bounds.loops);

/** The steps of one aggregate: its rows are numbered by position, relays by process in the order of their appearance. */
const createTrace = () => {
  const lines: Numbered[] = [];
  const waiting = new Set<number>();
  const held: Numbered[] = [];
  const known = new Map<string, ClaimedRow>();
  const processes: string[] = [];
  let isTooWide = false;

  const release = (): void => void lines.push(...held.splice(0));
  const numberOf = (process: string): number => {
    if (!processes.includes(process)) processes.push(process);
    return processes.indexOf(process);
  };

  return {
    add: (kind: Step['kind'], { process, loop }: Batch, { rows, parked, refused, isAll }: About = {}): void => {
      const relay = numberOf(process) * bounds.loops + loop;
      if (loop >= bounds.loops) isTooWide = true;
      for (const row of rows ?? []) known.set(row.place, row);
      const line: Numbered = (bits) =>
        step(kind, relay, {
          rows: bits(rows),
          parked: kind === 'claimed' ? Number(isAll) : bits(parked),
          refused: bits(refused),
        });
      const isAnswer = kind === 'confirmed' || kind === 'nacked' || kind === 'returned';
      if (!isAnswer && kind !== 'sent') release();
      if (kind === 'sent') waiting.add(relay);
      else waiting.delete(relay);
      // what this loop remembers must not hide the confirm that another loop of its process waits for
      if (kind === 'ended' && [...waiting].some((loop) => isSameProcess(loop, relay))) held.push(line);
      else lines.push(line);
      if (isAnswer) release();
    },
    died: (process: string): void => {
      release();
      const number = processes.indexOf(process);
      if (number >= 0) lines.push(() => step('killed', number));
    },
    /** Null: more rows or relays than the verifier has. */
    end: (outcomeOf: (row: ClaimedRow) => Outcome): string | null => {
      release();
      if (isTooWide || known.size > bounds.rows || processes.length > bounds.processes) return null;
      const inOrder = [...known.values()].toSorted((a, b) => Number(BigInt(a.position) - BigInt(b.position)));
      const numbers = new Map(inOrder.map(({ place }, n) => [place, n]));
      const bits = (rows: readonly ClaimedRow[] = []): number =>
        rows.reduce((set, { place }) => set | (1 << (numbers.get(place) ?? 0)), 0);
      const published = inOrder.filter((row) => outcomeOf(row) === 'published');
      const all = lines.map((line) => line(bits));
      while (all.at(-1)?.kind === 'killed') all.pop();
      return encode([...all, step('over', 0, { rows: bits(published) })]);
    },
  };
};
