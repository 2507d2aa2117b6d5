import type { Message } from './message.ts';

export type Rejection = { readonly message: Message; readonly reason: string; readonly detail: string };

/** Thrown by a handler: these messages can never be handled, for a reason of the service's own; the others are handled without them. */
export class Rejected extends Error {
  readonly rejections: readonly Rejection[];

  constructor(rejections: readonly Rejection[]) {
    super(rejections.map(({ message, reason }) => `${message.id}: ${reason}`).join(', '));
    this.name = 'Rejected';
    this.rejections = rejections;
  }
}
