import { createHash } from 'node:crypto';

/**
 * Password of a role or user that we make on a server: a hash of the administrator's own. So it is a secret, and two runs
 * that share a server agree on it without talking to each other.
 */
export const derivedPassword = (adminUrl: string, user: string): string =>
  createHash('sha256')
    .update(`${new URL(adminUrl).password}:${user}`)
    .digest('base64url')
    .slice(0, 32);
