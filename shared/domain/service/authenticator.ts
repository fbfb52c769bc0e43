// Whose word about the senders of a mailbox's mail is believed: the server that receives it, and no header that came along.
import { isMicrosoftHost } from './host.ts';
import type { MailboxSettings } from './service.ts';

/** The server that is believed: by its authserv-id, or by that its Authentication-Results name none, as Microsoft's do. */
export type Authenticator = { authservId: string | null };

/** Of a mailbox the server that is believed; undefined where nobody said which, and then nobody is. */
export function authenticatorOf(mailbox: MailboxSettings): Authenticator | undefined {
  const { authservId = null, protocol } = mailbox;
  const isMicrosoft = protocol === 'graph' || isMicrosoftHost(mailbox.host);
  return authservId !== null || isMicrosoft ? { authservId } : undefined;
}
