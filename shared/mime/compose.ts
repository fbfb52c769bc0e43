// A mail of our own, as bytes: text and HTML of one answer, by a machine, within a conversation. The same draft gives the same mail.
import { createHash } from 'node:crypto';

export type Draft = {
  from: { name: string; address: string };
  to: { name: string; address: string };
  subject: string;
  date: Date;
  /** With its angle brackets. */
  messageId: string;
  /** Message-IDs of the mail that is answered, and of those before it; as that mail has them, and so a stranger's. */
  inReplyTo: string | null;
  references: readonly string[];
  text: string;
  html: string;
};

/** The first names the conversation, and the last are what programs go by (RFC 5322 3.6.4 sets no bound). */
const MOST_REFERENCES = 20;

/**
 * Composes a mail that machines recognise as a machine's (RFC 3834 5), and that Exchange answers with no notice of absence
 * ([MS-OXCMAIL] 2.2.3.2.14). Nothing in the draft can begin a header of its own. Loaded at the first use.
 */
export async function composeMail(draft: Draft): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const { from, to, date, messageId, text, html } = draft;
  const inReplyTo = draft.inReplyTo !== null && isMessageId(draft.inReplyTo) ? draft.inReplyTo : undefined;
  const references = draft.references.filter(isMessageId).filter(id => id !== inReplyTo);
  const [first, ...others] = inReplyTo ? [...references, inReplyTo] : references;
  const kept = first === undefined ? [] : [first, ...others.slice(1 - MOST_REFERENCES)];
  const composer = new MailComposer({
    from: { name: oneLine(from.name), address: oneLine(from.address) },
    to: { name: oneLine(to.name), address: oneLine(to.address) },
    subject: oneLine(draft.subject),
    date,
    messageId,
    ...(inReplyTo ? { inReplyTo } : {}),
    ...(kept.length > 0 ? { references: kept } : {}),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    text,
    html,
    textEncoding: 'base64',
    newline: 'windows',
    // Else it is random.
    baseBoundary: createHash('sha256').update(messageId).digest('hex').slice(0, 32),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** RFC 5322 3.6.4, as far as it can do no harm in a header. */
function isMessageId(id: string): boolean {
  return /^<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>$/.test(id);
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}
