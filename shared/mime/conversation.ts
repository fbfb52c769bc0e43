// Which mails belong together, by the threading headers alone (RFC 5322 3.6.4).

import type { MailHeaders } from '../domain/mail/mail.ts';

type ThreadingHeaders = Pick<MailHeaders, 'messageId' | 'inReplyTo' | 'references'>;

/**
 * The identifiers under which a mail's conversation may already be known, the likeliest root first: References (oldest
 * first), In-Reply-To, its own Message-ID. Clients that drop References leave a reply whose root is known only through
 * the mail it answers: look up all of them, and file the mail under each.
 *
 * The sender writes these headers and can forge them: they group mails, they prove nothing.
 */
export function conversationIds(headers: ThreadingHeaders): string[] {
  const own = headers.messageId ? [headers.messageId] : [];
  return [...new Set([...headers.references, ...headers.inReplyTo, ...own])];
}

/** The identifier that groups a mail with others when none of its conversation is known yet; null when it has none. */
export function conversationKey(headers: ThreadingHeaders): string | null {
  return conversationIds(headers)[0] ?? null;
}
