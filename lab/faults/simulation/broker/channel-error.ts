/** Thrown by a method that the broker refuses: it closes the channel. */
export class ChannelError extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}
