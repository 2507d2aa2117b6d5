/** Passwords of examples and default installations, and the most common ones. */
const known =
  /^(change-?me.*|(admin|administrator|default|development|example|guest|letmein|pass|passw0rd|password|postgres|qwerty|rabbit|rabbitmq|root|secret|test|user)\d*|\d{0,8}|)$/i;

const parts = /^([a-z][a-z\d+.-]*):\/\/(?:([^:/?#]*)(?::([^/?#]*))?@)?[^?#]*(\?[^#]*)?/i;
const server = /^(postgres(ql)?|amqps?)$/i;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

type Login = { readonly user: string; readonly password: string | undefined; readonly needsOne: boolean };

// Not `new URL`, which rejects lists of hosts. The PostgreSQL driver prefers user and password from the query. Databases and
// brokers need a password, unless a client certificate takes its place.
const loginOf = (text: string): Login => {
  const [, scheme = '', name = '', word, query = ''] = parts.exec(text.trim()) ?? [];
  const parameters = new URLSearchParams(query);
  return {
    user: parameters.get('user') ?? decoded(name),
    password: parameters.get('password') ?? (word === undefined ? undefined : decoded(word)),
    needsOne: server.test(scheme) && !parameters.has('sslcert'),
  };
};

const isKnown = (text: string): boolean => {
  const { user, password, needsOne } = loginOf(text);
  if (password === undefined) return needsOne;
  return known.test(password) || password.toLowerCase() === user.toLowerCase();
};

/** Whether a URL, or one of several separated by commas, lacks a needed password or has a widely known one. */
export const hasKnownSecret = (value: string): boolean => value.split(/,(?=\s*[a-z][a-z\d+.-]*:\/\/)/i).some(isKnown);

export const knownSecretSentence = 'has no password, or a widely known one';
