/** The broker refused a login or a virtual host: retrying does not help, an operator must change something. */
export class BrokerRefusal extends Error {
  readonly code: number;

  constructor(code: number, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'BrokerRefusal';
    this.code = code;
  }
}

const vhostOf = ({ pathname }: URL): string => (pathname === '' ? '/' : decodeURIComponent(pathname.slice(1)));

/**
 * amqplib reports a refused login as text, and a refused virtual host as an unexpected frame without the broker's words.
 * At that point of the handshake there are three reasons for it; the broker's log has the one that applies.
 */
export const explained = (error: unknown, url: URL): unknown => {
  const message = String((error as { message?: unknown } | null)?.message);
  const user = decodeURIComponent(url.username) || 'guest';
  if (message.startsWith('Handshake terminated by server: 403')) {
    const what = `RabbitMQ at ${url.host} refuses the login of user "${user}"`;
    return new BrokerRefusal(403, `${what}: check the user name and the password in AMQP_URL. ${message}`, error);
  }
  if (message.startsWith('Expected ConnectionOpenOk; got <ConnectionClose')) {
    const vhost = vhostOf(url);
    const what = `RabbitMQ at ${url.host} refuses user "${user}" the virtual host "${vhost}"`;
    const why = `it does not exist, the user has no permissions on it, or its connection limit is reached`;
    const check = `check the path of AMQP_URL (a trailing slash names the virtual host ""), rabbitmqctl list_vhosts, and rabbitmqctl list_permissions -p "${vhost}"`;
    return new BrokerRefusal(530, `${what}: ${why}; ${check}.`, error);
  }
  return error;
};
