// A mail as others read it afterwards: its record, its texts, its raw, its attachments.
import {
  bodyPath,
  type Download,
  dataPath,
  findAttachmentPath,
  rawPath,
  readBlob,
} from '../../azure/blobs.ts';
import { findRecord } from '../../azure/ledger.ts';
import type { Clients } from '../../clients.ts';
import { type MailKey, unknownMail } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import type { Mail } from '../../domain/mail/mail.ts';
import { MaloteError } from '../../errors.ts';
import { rereadMail } from './reread.ts';

/** The ledger's record of a mail. @throws MaloteError `not_found` */
export async function getRecord(clients: Clients, key: MailKey): Promise<LedgerRecord> {
  const record = await findRecord(clients.database.ledger, key);
  if (!record) throw unknownMail(key);
  return record.value;
}

/** The bytes as they were downloaded. @throws MaloteError `not_found` */
export function openRaw(clients: Clients, key: MailKey): Promise<Download> {
  return openBlob(clients, rawPath(key), unknownMail(key));
}

/** An attachment by its number in the event. @throws MaloteError `not_found` */
export async function openAttachment(clients: Clients, key: MailKey, number: string): Promise<Download> {
  const path = /^\d{1,4}$/.test(number)
    ? await findAttachmentPath(clients.mails, key, Number(number))
    : undefined;
  if (!path) throw new MaloteError('not_found', `The mail has no attachment ${number.slice(0, 20)}.`);
  return readBlob(clients.mails, path);
}

/** The data of an event that was too long for the bus, by the name that its `dataref` ends in. @throws MaloteError `not_found` */
export function openData(clients: Clients, key: MailKey, name: string): Promise<Download> {
  const absent = new MaloteError('not_found', `The mail has no data "${name.slice(0, 20)}".`);
  if (!/^\w{1,20}$/.test(name)) throw absent;
  return openBlob(clients, dataPath(key, name), absent);
}

/**
 * The whole texts: kept where the event could not carry them or they are costly to read, otherwise read from the raw again.
 * @throws MaloteError `not_found`, `too_large`, `dependency_unavailable`
 */
export async function readTexts(clients: Clients, key: MailKey): Promise<Download | { texts: Texts }> {
  try {
    return await readBlob(clients.mails, bodyPath(key));
  } catch (error) {
    if (!(error instanceof MaloteError && error.code === 'not_found')) throw error;
  }
  const { mail } = await rereadMail(clients, key);
  const { text, newText, html } = mail;
  return { texts: { text, newText, html } };
}

type Texts = Pick<Mail, 'text' | 'newText' | 'html'>;

/** A blob, or `absent`: where blobs are kept is nobody's business. */
async function openBlob(clients: Clients, path: string, absent: MaloteError): Promise<Download> {
  return readBlob(clients.mails, path).catch((error: MaloteError) => {
    throw error.code === 'not_found' ? absent : error;
  });
}
