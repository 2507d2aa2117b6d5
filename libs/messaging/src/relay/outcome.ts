/**
 * confirmed: the broker has it, on disk of a majority where the queue is a quorum queue. returned: confirmed as well,
 * but no queue took it. nacked: a queue did not take it (full, without a leader); others may have. failed: sent, and the
 * answer was lost; it may or may not be there. unsent: there is no channel.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'nacked' | 'failed' | 'unsent' | Refusal;

/** The broker closes the channel for this message alone, or the client cannot encode it. */
export class Refusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }

  toString(): string {
    return `refused, ${this.reason}`;
  }
}

export const isRefusal = (outcome: PublishOutcome): outcome is Refusal => outcome instanceof Refusal;
