import { bookingAccepted, bookingAcceptedQueue, eventsExchange } from '@mentor-sessions/contracts';

/** A binding that routes `booking.accepted`, and so private notes, to another queue or exchange than that of sessions. */
export type NotesBinding = {
  readonly kind: 'queue' | 'exchange';
  readonly destination: string;
  readonly routingKey: string;
  /** The command with which an administrator of the broker removes it. */
  readonly remove: string;
};

type Binding = {
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly properties_key: string;
};

/** Matches like a topic exchange: `*` is one word, `#` is zero or more. */
export const takes = (pattern: string, key: string): boolean => takesWords(pattern.split('.'), key.split('.'));

const takesWords = ([first, ...rest]: readonly string[], words: readonly string[]): boolean => {
  if (first === undefined) return words.length === 0;
  if (first === '#')
    return takesWords(rest, words) || (words.length > 0 && takesWords([first, ...rest], words.slice(1)));
  return words.length > 0 && (first === '*' || first === words[0]) && takesWords(rest, words.slice(1));
};

// the names come from others and must not break out of the command
const quoted = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);

const ANSWERS_WITHIN_MS = 2_000;

/** From RabbitMQ's management API, the only one that lists bindings; the user in `managementUrl` needs the tag `management`. */
export const readNotesBindings = async (managementUrl: string, amqpUrl: string): Promise<NotesBinding[]> => {
  const { username, password, origin, pathname } = new URL(managementUrl);
  const api = `${origin}${pathname.replace(/\/$/, '')}/api`;
  const vhost = quoted(decodeURIComponent(new URL(amqpUrl).pathname.slice(1)) || '/');
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const response = await fetch(`${api}/exchanges/${vhost}/${eventsExchange.name}/bindings/source`, {
    headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  });
  if (response.status === 404) return []; // the exchange is not declared yet
  if (!response.ok)
    throw new Error(
      `the management API responds with ${response.status}: the user of OPERATOR_MANAGEMENT_URL needs the tag management and access to the virtual host`,
    );
  const isOwn = ({ destination, destination_type: kind }: Binding): boolean =>
    kind === 'queue' && destination === bookingAcceptedQueue.name;
  return ((await response.json()) as Binding[])
    .filter((binding) => !isOwn(binding) && takes(binding.routing_key, bookingAccepted.type))
    .map(({ destination, destination_type: kind, routing_key: routingKey, properties_key: properties }) => ({
      kind,
      destination,
      routingKey,
      remove: `curl -u ADMINISTRATOR -X DELETE '${api}/bindings/${vhost}/e/${eventsExchange.name}/${kind[0]}/${quoted(destination)}/${quoted(properties)}'`,
    }));
};
