// Where an invitation stands in the conversation that it ends: what it answers, and under which subject.
import type { Clients } from '../../clients.ts';
import type { MailKey } from '../../domain/ids.ts';
import { toMaloteError } from '../../errors.ts';
import { rereadMail } from '../mails/reread.ts';

export type Conversation = { inReplyTo: string | null; references: string[]; subject: string | null };

const none: Conversation = { inReplyTo: null, references: [], subject: null };

/**
 * The conversation of a mail, read from its raw: none where that is forgotten, or too large to be read again.
 * @throws MaloteError `dependency_unavailable`
 */
export async function conversationOf(clients: Clients, mailKey: MailKey | null): Promise<Conversation> {
  if (mailKey === null) return none;
  try {
    const { mail } = await rereadMail(clients, mailKey);
    const { messageId, references, inReplyTo, subject } = mail.headers;
    // RFC 5322 3.6.4: of a mail without references what it answers stands for them, if that is one.
    const before = references.length === 0 && inReplyTo.length === 1 ? inReplyTo : references;
    return { inReplyTo: messageId, references: before, subject: subject === '' ? null : answering(subject) };
  } catch (thrown) {
    const error = toMaloteError(thrown);
    if (error.code === 'dependency_unavailable') throw error;
    return none;
  }
}

function answering(subject: string): string {
  return /^re\s*:/i.test(subject) ? subject : `Re: ${subject}`;
}
