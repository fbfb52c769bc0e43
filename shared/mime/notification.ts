// Read receipts (RFC 8098): what became of a mail that we sent, once it had arrived.

import type { MailHeaders, Notification } from '../domain/mail/mail.ts';
import type { Report } from './attachments.ts';
import { HeaderFields } from './header-fields.ts';
import { readMessageIds } from './headers.ts';
import { readReturnedMail } from './returned-mail.ts';

/**
 * Reads the receipt that a mail brings. It names the mail itself (Original-Message-ID), returns its header, or answers it.
 *
 * @returns null when it brings none
 */
export function readNotification(reports: Report[], { inReplyTo }: MailHeaders): Notification | null {
  const receipt = reports.find(({ type }) => type.endsWith('disposition-notification'));
  if (!receipt) return null;
  const fields = new HeaderFields(receipt.beginning.toString().trimStart());
  const original = readMessageIds(fields.first('original-message-id'))[0];
  return {
    originalMessageId: original ?? readReturnedMail(reports, '', '', inReplyTo).messageId,
    disposition: dispositionType(fields.first('disposition') ?? ''),
  };
}

/** RFC 8098 3.2.6: `manual-action/MDN-sent-manually; displayed/error` without its modes and modifiers. */
function dispositionType(field: string): string {
  const type = field.slice(field.indexOf(';') + 1).split('/', 1)[0] ?? '';
  return /[a-z-]{1,40}/i.exec(type)?.[0].toLowerCase() ?? 'unknown';
}
