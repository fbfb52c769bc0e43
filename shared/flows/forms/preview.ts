// What a form would become of a mail: one of the ledger, or one that is sent along. Nothing is kept of it.
import type { Clients } from '../../clients.ts';
import { fillForm, type PreRegistration } from '../../domain/form/fill.ts';
import type { MailKey } from '../../domain/ids.ts';
import { getRecord } from '../mails/read.ts';
import { rereadMail } from '../mails/reread.ts';
import { getReference } from '../services/references.ts';

/**
 * Fills a form in of a mail: `mailKey` of one in the ledger, or `eml` as it came (RFC 5322).
 * @throws MaloteError `not_found` without such a form or mail, `too_large`
 */
export async function previewForm(
  clients: Clients,
  formId: string,
  mail: { mailKey: MailKey } | { eml: string },
  now: Date,
): Promise<PreRegistration> {
  const { value } = await getReference(clients, 'form', formId);
  const parsed =
    'eml' in mail
      ? await clients.previewParser.parse({ bytes: Buffer.from(mail.eml) }, { ownAddresses: [] })
      : await rereadMail(clients, mail.mailKey);
  const receivedAt = 'eml' in mail ? now.toISOString() : (await getRecord(clients, mail.mailKey)).receivedAt;
  const { headers, text, newText } = parsed.mail;
  const { subject, from, to } = headers;
  const { settings } = await clients.readDirectory(now);
  const input = { subject, from, to, receivedAt, text, newText };
  return fillForm(value.record, input, settings.timeZone);
}
