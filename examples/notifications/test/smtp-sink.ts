import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type Received = { readonly to: string; readonly messageId: string; readonly body: string };

/** A mail server that keeps what it accepts; it refuses a recipient with the code that `refuse` holds for the address. */
export const openSmtpSink = async () => {
  const received: Received[] = [];
  const refuse = new Map<string, number>();
  const newServer = (): SMTPServer =>
    new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: ({ address }, _session, callback) => {
        const responseCode = refuse.get(address);
        callback(responseCode ? Object.assign(new Error('not now, or never'), { responseCode }) : null);
      },
      onData: (stream, { envelope }, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          const messageId = /^Message-ID:\s+(<.+>)/im.exec(body)?.[1] ?? '';
          received.push({ to: envelope.rcptTo[0]?.address ?? '', messageId, body });
          callback(null);
        });
      },
    });
  const listen = async (server: SMTPServer, port: number): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.server.address() as AddressInfo).port;
  };
  let server = newServer();
  const port = await listen(server, 0);
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    refuse,
    close,
    open: async (): Promise<void> => {
      server = newServer();
      await listen(server, port);
    },
  };
};
