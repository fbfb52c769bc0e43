// Which mails belong together, by the threading headers alone (RFC 5322 3.6.4).

import type { MailHeaders } from '../domain/mail/mail.ts';

type ThreadingHeaders = Pick<MailHeaders, 'messageId' | 'inReplyTo' | 'references'>;

/**
 * The identifier that groups a mail with others when none of its conversation is known yet: the root that its References
 * begin with, else the mail that it answers, else its own; null when it has none. The sender writes these headers and can
 * forge them: they group mails, they prove nothing.
 */
export function conversationKey({ references, inReplyTo, messageId }: ThreadingHeaders): string | null {
  return references[0] ?? inReplyTo[0] ?? messageId;
}
