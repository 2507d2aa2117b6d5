import { types } from 'node:util';

/** The command cannot run as typed: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The message of an error, followed by those of its causes. */
export const describeError = (error: unknown): string => {
  if (!isError(error)) return String(error);
  const messages = [error.message];
  for (let cause = error.cause; isError(cause); cause = cause.cause) messages.push(messageOf(cause));
  return [...new Set(messages)].filter(Boolean).join(' ');
};

// not instanceof: jest runs this code with an Error class of its own, and errors of sockets have Node's
const isError = (value: unknown): value is Error => types.isNativeError(value);

// when every address of a host name refuses, Node throws an AggregateError without a message
const messageOf = (error: Error): string =>
  error.message || ('errors' in error ? (error.errors as unknown[]).map(String).join(', ') : String(error));
