/** The innermost cause tells what happened, the outermost what it means. */
export const sayError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const causes = [error.message];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) causes.push(messageOf(cause));
  return [...new Set(causes)].filter(Boolean).join(' ');
};

// refused on every address of a name, Node throws an AggregateError without a message
const messageOf = (error: Error): string =>
  error.message || (error instanceof AggregateError ? error.errors.map(String).join(', ') : String(error));
