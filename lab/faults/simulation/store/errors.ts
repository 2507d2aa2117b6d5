import pg from 'pg';

/** An error as the server sends it. */
export const serverError = (
  code: string,
  message: string,
  more: { severity?: string; constraint?: string } = {},
): pg.DatabaseError =>
  Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code, severity: 'ERROR', ...more });

export const connectionLost = (): Error => new Error('Connection terminated unexpectedly');
