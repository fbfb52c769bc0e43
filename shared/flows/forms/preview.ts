// What a form would become of a mail: one of the ledger, or one that is sent along. Nothing is kept of it.
import { rawPath, readBlob } from '../../azure/blobs.ts';
import type { Clients } from '../../clients.ts';
import { fillForm, type PreRegistration } from '../../domain/form/fill.ts';
import { type MailKey, unknownMail } from '../../domain/ids.ts';
import { MaloteError } from '../../errors.ts';
import { getRecord } from '../mails/read.ts';
import { getReference } from '../services/references.ts';

/** A mail is in memory as a whole here. */
const LARGEST_BYTES = 8 * 1024 * 1024;

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
  const { bytes, receivedAt } =
    'eml' in mail ? inlineMail(mail.eml, now) : await readMail(clients, mail.mailKey);
  const parsed = await clients.previewParser.parse({ bytes }, { ownAddresses: [] });
  const { headers, text, newText } = parsed.mail;
  const { subject, from, to } = headers;
  const { settings } = await clients.readDirectory(now);
  return fillForm(value.record, { subject, from: from[0], to, receivedAt, text, newText }, settings.timeZone);
}

type Raw = { bytes: Uint8Array; receivedAt: string };

function inlineMail(eml: string, now: Date): Raw {
  return { bytes: Buffer.from(eml), receivedAt: now.toISOString() };
}

async function readMail(clients: Clients, key: MailKey): Promise<Raw> {
  const { receivedAt } = await getRecord(clients, key);
  const { body, sizeBytes } = await readBlob(clients.mails, rawPath(key)).catch((error: MaloteError) => {
    throw error.code === 'not_found' ? unknownMail(key) : error;
  });
  if (sizeBytes > LARGEST_BYTES) {
    body.destroy();
    const message = `The mail is larger than ${LARGEST_BYTES / 1024 / 1024} MB; try the form with a smaller one.`;
    throw new MaloteError('too_large', message);
  }
  return { bytes: Buffer.concat(await body.toArray()), receivedAt };
}
