import { readFileSync } from 'node:fs';

const files = { ca: 'cacertfile', cert: 'certfile', key: 'keyfile' } as const;
type Certificates = { readonly [option in keyof typeof files]?: Buffer };

/** What an amqps:// URL names as files, in the words of RabbitMQ's URIs. Read for each connection, so that renewed ones are found. */
export const certificatesOf = ({ searchParams }: URL): Certificates =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([, name]) => searchParams.has(name))
      .map(([option, name]) => [option, readFileSync(searchParams.get(name) ?? '')]),
  );
