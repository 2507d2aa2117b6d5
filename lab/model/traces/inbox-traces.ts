import type { Trace, Traces } from './outbox-traces.ts';
import type { SeenLine } from './seen.ts';
import { encode, step, type Kind, type Step } from './steps.ts';

/** The sizes for which the verifier is compiled. */
export const inboxBounds = { copies: 4, consumers: 3 } as const;

/** What became of a message. `both`: a dead letter, and handled from it or under the same id. */
export type InboxOutcome = 'handled' | 'dead letter' | 'both' | 'none';

type Options = {
  readonly seen: readonly SeenLine[];
  readonly queue: string;
  readonly outcomeOf: (messageId: string) => InboxOutcome;
};

type Id = number | string;
type Line<Kind extends SeenLine['kind']> = Extract<SeenLine, { kind: Kind }>;
type MessageTrace = ReturnType<typeof createTrace>;
type Tx = { readonly process: string; readonly traces: readonly MessageTrace[] };
type Held = { readonly trace: MessageTrace; readonly copy: number };

/**
 * Splits the recorded steps of the consumers of one queue into one trace for each message. Left out: messages that the drain
 * or a replay has handled, that were deleted with their queue, or with more copies or consumers than the verifier has.
 */
export const tracesOfQueue = ({ seen, queue, outcomeOf }: Options): Traces => {
  const byMessage = new Map<string, MessageTrace>();
  const held = new Map<Id, Map<number, Held>>();
  const transactions = new Map<Id, Tx>();

  const traceOf = (messageId: string): MessageTrace => {
    const trace = byMessage.get(messageId) ?? createTrace();
    byMessage.set(messageId, trace);
    return trace;
  };

  const received = (line: Line<'received'>): void => {
    const trace = traceOf(line.messageId);
    if (line.queue !== queue) return trace.leaveOut(); // the dead queue
    const onChannel = held.get(line.channel) ?? new Map<number, Held>();
    held.set(line.channel, onChannel.set(line.tag, { trace, copy: trace.received(line) }));
  };

  /** Removes deliveries from a channel; returns their copies by message. */
  const take = ({ channel, tag, isUpTo }: { channel: Id; tag: number; isUpTo: boolean }) => {
    const onChannel = held.get(channel) ?? new Map<number, Held>();
    const copies = new Map<MessageTrace, number[]>();
    for (const [each, { trace, copy }] of onChannel) {
      if (each !== tag && !(isUpTo && each < tag)) continue;
      onChannel.delete(each);
      copies.set(trace, [...(copies.get(trace) ?? []), copy]);
    }
    return copies;
  };

  const settled = (line: Line<'acked' | 'requeued'>): void => {
    for (const [trace, copies] of take(line)) {
      if (line.kind === 'acked') trace.acknowledged(line.process, copies);
      else trace.lost(line.process, copies, line.isUpTo);
    }
  };

  const lost = ({ process, channel }: Line<'lost'>): void => {
    for (const [trace, copies] of take({ channel, tag: Infinity, isUpTo: true })) trace.lost(process, copies, true);
  };

  const entered = ({ process, tx, fresh, found, ...line }: Line<'entered'>): void => {
    if (line.queue !== queue) return;
    transactions.set(tx, { process, traces: [...fresh, ...found].map(traceOf) });
    for (const id of fresh) traceOf(id).inTransaction('entered', process);
    for (const id of found) traceOf(id).inTransaction('found', process);
  };

  for (const line of seen) {
    const tx = 'tx' in line ? transactions.get(line.tx) : undefined;
    if (line.kind === 'received') received(line);
    else if (line.kind === 'acked' || line.kind === 'requeued') settled(line);
    else if (line.kind === 'lost') lost(line);
    else if (line.kind === 'entered') entered(line);
    else if (line.kind === 'kept' && line.queue === queue) traceOf(line.messageId).deadLettered(line.process);
    else if (line.kind === 'died') for (const trace of byMessage.values()) trace.died(line.process);
    else if (tx && line.kind === 'committing')
      for (const trace of tx.traces) trace.inTransaction('committing', tx.process, line.hasEffect);
    else if (tx && (line.kind === 'committed' || line.kind === 'ended'))
      for (const trace of tx.traces) trace.inTransaction(line.kind, tx.process);
  }
  const traces = [...byMessage].flatMap(([messageId, trace]): Trace[] => {
    const steps = trace.end(outcomeOf(messageId));
    return steps === null ? [] : [{ subject: messageId, steps }];
  });
  return { traces, leftOut: byMessage.size - traces.length };
};

type Copy = { channel: Id; process: string; state: 'held' | 'lost' | 'acknowledged' };
type TransactionStep = 'entered' | 'found' | 'committing' | 'committed' | 'ended';

const bitsOf = (copies: readonly number[]): number => copies.reduce((set, copy) => set | (1 << copy), 0);
const outcomes = { none: 0, handled: 1, 'dead letter': 2 } as const;

/** The steps of one message: copies and consumers are numbered in the order of their appearance. */
const createTrace = () => {
  const steps: Step[] = [];
  const copies: Copy[] = [];
  const processes: string[] = [];
  const inProgress = new Set<string>();
  let isLeftOut = false;

  const add = (kind: Kind, process: string, rows = 0): void =>
    void steps.push(step(kind, processes.indexOf(process), { rows }));

  /** All copies on the channel. */
  const loseChannel = ({ channel, process }: Copy): void => {
    for (const copy of copies) if (copy.channel === channel && copy.state === 'held') copy.state = 'lost';
    add('lost', process);
  };

  /** The broker may deliver again before the old consumer has noticed that its connection is lost. */
  const findRedelivered = (channel: Id): number => {
    const lost = copies.findIndex(({ state }) => state === 'lost');
    if (lost >= 0) return lost;
    const elsewhere = copies.find((copy) => copy.state === 'held' && copy.channel !== channel);
    if (!elsewhere) return -1;
    loseChannel(elsewhere);
    return copies.indexOf(elsewhere);
  };

  return {
    leaveOut: (): void => void (isLeftOut = true),
    /** Returns the number of the copy. */
    received: ({ process, channel, redelivered }: Line<'received'>): number => {
      if (!processes.includes(process)) processes.push(process);
      const known = redelivered ? findRedelivered(channel) : -1;
      const copy = known >= 0 ? known : copies.length;
      copies[copy] = { channel, process, state: 'held' };
      add('received', process, bitsOf([copy]));
      return copy;
    },
    acknowledged: (process: string, numbers: readonly number[]): void => {
      const known = numbers.filter((copy) => copies[copy]?.state === 'held' && copies[copy].process === process);
      for (const copy of known) copies[copy]!.state = 'acknowledged';
      if (known.length > 0) add('acknowledged', process, bitsOf(known));
    },
    /** `isUpTo`: not this message alone. */
    lost: (process: string, numbers: readonly number[], isUpTo: boolean): void => {
      const known = numbers.filter((copy) => copies[copy]?.state === 'held' && copies[copy].process === process);
      for (const copy of known) copies[copy]!.state = 'lost';
      if (known.length > 0) add(isUpTo ? 'lost' : 'requeued alone', process);
    },
    inTransaction: (kind: TransactionStep, process: string, hasEffect = false): void => {
      const isFirst = kind === 'entered' || kind === 'found';
      // a drain or a replay, or a second transaction beside the first
      if (!processes.includes(process) || (isFirst && inProgress.has(process))) isLeftOut = true;
      if (isFirst) inProgress.add(process);
      if (kind === 'committed' || kind === 'ended') inProgress.delete(process);
      add(kind, process, Number(hasEffect));
    },
    deadLettered: (process: string): void => {
      if (processes.includes(process)) add('dead-lettered', process);
      else isLeftOut = true;
    },
    died: (process: string): void => {
      if (!processes.includes(process)) return;
      for (const copy of copies) if (copy.process === process && copy.state === 'held') copy.state = 'lost';
      inProgress.delete(process);
      add('killed', process);
    },
    /** Null: left out. */
    end: (outcome: InboxOutcome): string | null => {
      if (isLeftOut || outcome === 'both') return null;
      if (copies.length === 0 || copies.length > inboxBounds.copies || processes.length > inboxBounds.consumers)
        return null;
      if (outcome === 'none' && copies.every(({ state }) => state === 'lost')) return null; // with its queue
      // stored as the process died, and deleted with its queue
      if (outcome === 'dead letter' && steps.every(({ kind }) => kind !== 'dead-lettered' && kind !== 'acknowledged'))
        return null;
      // what cannot be handled is tried in transactions that are rolled back, which the model leaves out
      const kept = outcome === 'dead letter' ? steps.filter(({ kind }) => !inTransactions.has(kind)) : steps;
      while (kept.at(-1)?.kind === 'killed' || kept.at(-1)?.kind === 'lost') kept.pop();
      return encode([...kept, step('over', 0, { rows: outcomes[outcome] })]);
    },
  };
};

const inTransactions = new Set<Kind>(['entered', 'found', 'committing', 'committed', 'ended']);
