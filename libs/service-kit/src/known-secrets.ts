import type { z } from 'zod';

const known =
  /^(change-?me.*|(admin|administrator|development|example|guest|password|postgres|rabbitmq|root|secret|test)\d*|)$/i;

/** A client certificate stands for a password. */
const hasCertificate = ({ searchParams }: URL): boolean => searchParams.has('sslcert');

const isKnown = (text: string): boolean => {
  const url = URL.parse(text);
  if (!url || hasCertificate(url)) return false; // what is no URL is told by its own rule
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  return known.test(password ?? '') || password === user;
};

type Secrets = { readonly NODE_ENV: string; readonly DATABASE_URL: string; readonly AMQP_URL: readonly string[] };

/** In production no password is missing, an example's, or its user's name: who copies an example and forgets to change it hears of it at the start. */
export const refuseKnownSecrets = (env: Secrets, context: z.RefinementCtx): void => {
  if (env.NODE_ENV !== 'production') return;
  const given = { DATABASE_URL: [env.DATABASE_URL], AMQP_URL: env.AMQP_URL };
  for (const [name, urls] of Object.entries(given))
    if (urls.some(isKnown))
      context.addIssue({ code: 'custom', path: [name], message: 'has no password, or one that everybody knows' });
};
