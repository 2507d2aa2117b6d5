import { isStateOf } from '@mentor-sessions/service-kit/database';
import { BrokerRefusal } from '../broker/connect.ts';
import { serviceOf } from '../broker/topology.ts';

/** A subscriber cannot work until someone changes its configuration; the message says what. A retry does not help. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

type Failure = Error & { readonly code?: unknown; readonly path?: unknown };

/** What to change, if an error comes from the configuration; undefined: it may pass. */
type Explain = (error: Failure) => string | undefined;

/** Everything that OpenSSL and Node refuse about certificates, keys and versions. */
const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|^ERR_(SSL|TLS|OSSL)|^EPROTO$/;
const fileCode = /^(ENOENT|EACCES|EISDIR)$/;

const ofTransport: Explain = ({ code: of, message, path }) => {
  const code = String(of);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'the port does not speak TLS: use amqp:// (or no sslmode) for it, or the port for TLS';
  if (tlsCode.test(code))
    return `TLS fails with ${code} (${message.split('\n')[0]}): name the certificate of the authority that signed the server's (cacertfile in amqpUrl, sslrootcert in the database URL), and the host as it stands in the server's certificate`;
  if (fileCode.test(code) && typeof path === 'string')
    return `the file ${path}, which the URL names, cannot be read: ${code}`;
  return undefined;
};

const ofBroker: Explain = (error) => {
  const { code, message } = error;
  if (error instanceof BrokerRefusal) return message;
  if (code === 403)
    return `the broker refuses what this subscriber needs: give its user the permissions in docs/for-event-consumers.md; an event outside its topic permissions holds private data and is not for subscribers. ${message}`;
  if (code === 406 && message.includes('inequivalent'))
    return `the queue or its dead queue exists with other arguments: choose another name, or delete it once it is empty. ${message}`;
  // what a server of another protocol answers, read as a frame
  if (/^(Frame size \d+ exceeds|Invalid frame|Expected ConnectionStart)/.test(message))
    return 'the port does not speak AMQP 0-9-1: use the port of RabbitMQ for it (5672, with TLS 5671), not that of its HTTP API';
  return ofTransport(error);
};

const andTables = 'run sql/inbox.sql of @mentor-sessions/messaging there as the owner';

const ofDatabase: Explain = (error) => {
  const { name, message } = error;
  const isState = (states: RegExp): boolean => isStateOf(states)(error);
  if (isState(/^28/))
    return `PostgreSQL refuses the login: check user, password and sslmode in the database URL. ${message}`;
  if (isState(/^3D000$/))
    return `${message}: check the path of the database URL, or create the database and ${andTables}`;
  if (isState(/^(42P01|3F000)$/)) return `${message}: check the database URL and the schema, or ${andTables}`;
  if (isState(/^42501$/))
    return `${message}: \\set app in sql/inbox.sql must name the role of the database URL; grant it the same`;
  if (isState(/^(42(?!P05)|23)/))
    return `the tables are of an older or newer version of @mentor-sessions/messaging than this one (${message}): compare them with its sql/inbox.sql, and install the version that they are made for or alter them`;
  if (name === 'RequirementNotMet' && !/standby|read_only/.test(message)) return message; // these two pass
  if (message.startsWith('The server does not support SSL'))
    return `${message}: leave sslmode out of the database URL, or switch TLS on at the server`;
  return ofTransport(error);
};

const inAnyCause =
  (explain: Explain) =>
  (error: unknown): string | undefined => {
    let failure = error as Failure | undefined;
    for (let depth = 0; failure?.message !== undefined && depth < 8; depth += 1, failure = failure.cause as Failure) {
      const sentence = explain(failure);
      if (sentence) return sentence;
    }
    return undefined;
  };

export const brokerMisconfiguration = inAnyCause(ofBroker);
export const databaseMisconfiguration = inAnyCause(ofDatabase);

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
