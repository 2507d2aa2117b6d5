/** A recorded step of one process: a call of pg or amqplib, or its result. */
export type Seen =
  | {
      readonly kind: 'claimed';
      readonly tx: number | string;
      readonly rows: readonly ClaimedRow[];
      readonly isAll: boolean;
    }
  | {
      readonly kind: 'committing';
      readonly tx: number | string;
      readonly moved: readonly Place[];
      readonly parked: readonly Parked[];
      readonly hasEffect: boolean;
    }
  /** Of an inbox: messages that were new, and messages that were there. */
  | {
      readonly kind: 'entered';
      readonly tx: number | string;
      readonly queue: string;
      readonly fresh: readonly string[];
      readonly found: readonly string[];
    }
  /** As a dead letter. */
  | { readonly kind: 'kept'; readonly messageId: string; readonly queue: string }
  | { readonly kind: 'committed' | 'ended'; readonly tx: number | string }
  /** `publication`: the same number when the same body is sent again; `tx`: of the code that sends it. */
  | {
      readonly kind: 'sent';
      readonly publication: number | string;
      readonly tx: number | string;
      readonly messageId: string;
      readonly mandatory: boolean;
    }
  | { readonly kind: 'confirmed' | 'nacked' | 'returned'; readonly publication: number | string }
  | {
      readonly kind: 'received';
      readonly channel: number | string;
      readonly tag: number;
      readonly queue: string;
      readonly messageId: string;
      readonly redelivered: boolean;
    }
  /** `isUpTo`: with all before it. Requeued: by a nack. */
  | {
      readonly kind: 'acked' | 'requeued';
      readonly channel: number | string;
      readonly tag: number;
      readonly isUpTo: boolean;
    }
  /** The channel was closed, or its queue deleted: the broker delivers again what is not acknowledged. */
  | { readonly kind: 'lost'; readonly channel: number | string }
  | { readonly kind: 'died' };

export type See = (seen: Seen) => void;

/** Lane and position of a row in the outbox. */
export type Place = string;
export type ClaimedRow = {
  readonly place: Place;
  readonly position: string;
  readonly messageId: string;
  readonly aggregateId: string;
  readonly type: string;
};
export type Parked = { readonly place: Place; readonly isRefused: boolean };

/** In the order of recording; `process`: its name, which a restarted process keeps. */
export type SeenLine = Seen & { readonly process: string };
