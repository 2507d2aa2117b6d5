import { createTransport, type SendMailOptions } from 'nodemailer';
import { Rejected, Unavailable, type Message, type Queryable } from '@mentor-sessions/messaging';
import { mailFor, type Appointment, type Role } from './mails.ts';

/** The inbox's transaction stays open meanwhile, and PostgreSQL ends it after 10 idle seconds. */
const SEND_WITHIN_MS = 8_000;

type Refusal = { readonly code?: string; readonly responseCode?: number; readonly message: string };

/** The server refuses this mail for good, not the login and not for now. */
const isFinal = ({ code = '', responseCode = 500 }: Refusal): boolean =>
  ['EENVELOPE', 'EMESSAGE'].includes(code) && responseCode >= 500;

/**
 * Handles one message of a role's queue: the mail is sent in the transaction that enters the inbox. A crash between the
 * server's 250 and the commit sends it again, under the same Message-ID.
 */
export const mailer = (smtpUrl: string, from: string) => {
  const transport = createTransport(smtpUrl);
  const domain = from.slice(from.lastIndexOf('@') + 1).replace('>', '');

  const send = async (message: Message, mail: SendMailOptions): Promise<void> => {
    const signal = AbortSignal.timeout(SEND_WITHIN_MS);
    await transport.sendMail({ ...mail, from, signal }).catch((cause: Refusal) => {
      if (isFinal(cause)) throw new Rejected({ message, reason: 'refused', detail: cause.message });
      throw new Unavailable(`SMTP: ${cause.message}`, { cause });
    });
  };

  return async (role: Role, message: Message<Appointment>, tx: Queryable): Promise<void> => {
    const mail = mailFor(role, message);
    if (!mail) return;
    const { personId, subject, text } = mail;
    const [address] = await tx.query<{ email: string }>('select email from addresses where person_id = $1', [personId]);
    if (!address) throw new Rejected({ message, reason: 'no-address', detail: `of ${role} ${personId}` });
    const messageId = `<${message.id}.${personId}@${domain}>`;
    const headers = { 'Auto-Submitted': 'auto-generated' };
    await send(message, { to: address.email, messageId, subject, text, headers });
  };
};
