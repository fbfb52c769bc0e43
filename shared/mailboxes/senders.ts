// How the mailboxes of each protocol send: over Graph itself, all others by a server of submission.
import type { GraphMailbox, MailboxSettings, ServerMailbox } from '../domain/service/service.ts';
import type { SendMail } from './outbound.ts';

type Sender = { send(...given: Parameters<SendMail>): ReturnType<SendMail> };

// Loaded with the first mail that is sent: the client of Graph alone costs a start 20 ms.
const bySmtp: SendMail<ServerMailbox> = async (...given) =>
  (await import('./smtp/send.ts')).sendSmtp(...given);
const byGraph: SendMail<GraphMailbox> = async (...given) =>
  (await import('./graph/send.ts')).sendGraph(...given);

/** A sender for every protocol. */
export const senders: Record<MailboxSettings['protocol'], Sender> = {
  imap: { send: bySmtp },
  pop3: { send: bySmtp },
  graph: { send: byGraph },
};
