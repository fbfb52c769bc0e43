// How the mailboxes of each protocol send: over Graph itself, all others by a server of submission.
import type { MailboxSettings } from '../domain/service/service.ts';
import { sendGraph } from './graph/send.ts';
import type { SendMail } from './outbound.ts';
import { sendSmtp } from './smtp/send.ts';

type Sender = { send(...given: Parameters<SendMail>): ReturnType<SendMail> };

/** A sender for every protocol. */
export const senders: Record<MailboxSettings['protocol'], Sender> = {
  imap: { send: sendSmtp },
  pop3: { send: sendSmtp },
  graph: { send: sendGraph },
};
