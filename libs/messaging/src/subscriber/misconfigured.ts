import { isStateOf } from '@mentor-sessions/service-kit/database';
import { BrokerRefusal } from '../broker/connect.ts';
import { serviceOf } from '../broker/topology.ts';

/** A subscriber cannot work until someone changes its configuration; the message says what. A retry does not help. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

type Rule = { readonly when: (error: Failure) => boolean; readonly sentence: (error: Failure) => string };
type Failure = Error & { readonly code?: unknown; readonly path?: unknown };

/** Everything that OpenSSL and Node refuse about certificates, keys and versions. */
const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|^ERR_(SSL|TLS|OSSL)|^EPROTO$/;
const fileCode = /^(ENOENT|EACCES|EISDIR)$/;
const codeOf = ({ code }: Failure): string => String(code);
const firstLine = ({ message }: Failure): string => message.split('\n')[0] ?? '';

const shared: readonly Rule[] = [
  {
    when: (error) => codeOf(error) === 'ERR_SSL_WRONG_VERSION_NUMBER',
    sentence: () => 'the port does not speak TLS: use amqp:// (or no sslmode) for it, or the port for TLS',
  },
  {
    when: (error) => tlsCode.test(codeOf(error)),
    sentence: (error) =>
      `TLS fails with ${codeOf(error)} (${firstLine(error)}): name the certificate of the authority that signed the server's (cacertfile in amqpUrl, sslrootcert in the database URL), and the host as it stands in the server's certificate`,
  },
  {
    when: (error) => fileCode.test(codeOf(error)) && typeof error.path === 'string',
    sentence: (error) => `the file ${String(error.path)}, which the URL names, cannot be read: ${codeOf(error)}`,
  },
];

const ofBroker: readonly Rule[] = [
  { when: (error) => error instanceof BrokerRefusal, sentence: ({ message }) => message },
  {
    when: (error) => error.code === 403,
    sentence: (error) =>
      `the broker refuses what this subscriber needs: give its user the permissions in docs/for-event-consumers.md; an event outside its topic permissions holds private data and is not for subscribers. ${error.message}`,
  },
  {
    when: (error) => error.code === 406 && error.message.includes('inequivalent'),
    sentence: (error) =>
      `the queue or its dead queue exists with other arguments: choose another name, or delete it once it is empty. ${error.message}`,
  },
  {
    // what a server of another protocol answers, read as a frame
    when: ({ message }) => /^(Frame size \d+ exceeds|Invalid frame|Expected ConnectionStart)/.test(message),
    sentence: () =>
      'the port does not speak AMQP 0-9-1: use the port of RabbitMQ for it (5672, with TLS 5671), not that of its HTTP API',
  },
  ...shared,
];

const andTables = 'run sql/inbox.sql of @mentor-sessions/messaging there as the owner';

const ofDatabase: readonly Rule[] = [
  {
    when: isStateOf(/^28/),
    sentence: ({ message }) =>
      `PostgreSQL refuses the login: check user, password and sslmode in the database URL. ${message}`,
  },
  {
    when: isStateOf(/^3D000$/),
    sentence: ({ message }) =>
      `${message}: check the path of the database URL, or create the database and ${andTables}`,
  },
  {
    when: isStateOf(/^(42P01|3F000)$/),
    sentence: ({ message }) => `${message}: check the database URL and the schema, or ${andTables}`,
  },
  {
    when: isStateOf(/^42501$/),
    sentence: ({ message }) =>
      `${message}: \\set app in sql/inbox.sql must name the role of the database URL; grant it the same`,
  },
  {
    when: isStateOf(/^(42(?!P05)|23)/),
    sentence: ({ message }) =>
      `the tables are of an older or newer version of @mentor-sessions/messaging than this one (${message}): compare them with its sql/inbox.sql, and install the version that they are made for or alter them`,
  },
  {
    when: ({ name, message }) => name === 'RequirementNotMet' && !/standby|read_only/.test(message), // these two pass
    sentence: ({ message }) => message,
  },
  {
    when: ({ message }) => message.startsWith('The server does not support SSL'),
    sentence: ({ message }) => `${message}: leave sslmode out of the database URL, or switch TLS on at the server`,
  },
  ...shared,
];

/** What to change, if an error comes from the configuration; undefined: it may pass. */
const sentenceFor =
  (rules: readonly Rule[]) =>
  (error: unknown): string | undefined => {
    let failure = error as Failure | undefined;
    for (let depth = 0; failure?.message !== undefined && depth < 8; depth += 1, failure = failure.cause as Failure) {
      const at = failure;
      const rule = rules.find(({ when }) => when(at));
      if (rule) return rule.sentence(at);
    }
    return undefined;
  };

export const brokerMisconfiguration = sentenceFor(ofBroker);
export const databaseMisconfiguration = sentenceFor(ofDatabase);

const urlOf = (text: string, option: string, protocols: readonly string[]): void => {
  const url = URL.parse(text);
  const example = `${protocols[0]}//user:password@host`;
  const fix = `${option} must be like ${example}, with special characters of user and password percent-encoded`;
  if (!url) throw new Misconfigured(`${option} is ${text.trim() === '' ? 'empty' : 'no valid URL'}: ${fix}`);
  if (!protocols.includes(url.protocol)) throw new Misconfigured(`${option} begins with ${url.protocol}: ${fix}`);
  try {
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
  } catch {
    throw new Misconfigured(`${option} has a % that encodes nothing: ${fix}`);
  }
};

const MAX_QUEUE_BYTES = 250; // 255 for RabbitMQ, and `.dead`

type Given = {
  readonly amqpUrl: unknown;
  readonly queue: unknown;
  readonly database?: unknown;
  readonly events: readonly { readonly type: string; readonly services?: readonly string[] }[];
};

/** Throws `Misconfigured` for what is wrong whatever broker and database say. */
export const checkOptions = ({ amqpUrl, queue, database, events }: Given): void => {
  const [event] = events;
  if (!event?.type) throw new Misconfigured('event is missing: pass one of @mentor-sessions/contracts, or several');
  const isText = typeof amqpUrl === 'string';
  for (const url of isText ? amqpUrl.split(',') : ['']) urlOf(url, 'amqpUrl', ['amqp:', 'amqps:']);
  if (typeof database === 'string') urlOf(database, 'database', ['postgresql:', 'postgres:']);
  if (database === null) throw new Misconfigured('database is null: pass a URL, or leave it out');
  checkQueue(queue, event);
};

const checkQueue = (queue: unknown, { type, services }: Given['events'][number]): void => {
  const fix = `name it <service>.${type.replaceAll('.', '-')}, beginning with your own service`;
  if (typeof queue !== 'string' || queue.trim() === '' || Buffer.byteLength(queue) > MAX_QUEUE_BYTES)
    throw new Misconfigured(`queue must be a name of at most ${MAX_QUEUE_BYTES} bytes: ${fix}`);
  const owner = serviceOf(queue);
  if (owner === 'amq') throw new Misconfigured(`queue ${queue} belongs to the broker: ${fix}`);
  if (services?.includes(owner)) throw new Misconfigured(`queue ${queue} belongs to the ${owner} service: ${fix}`);
};
