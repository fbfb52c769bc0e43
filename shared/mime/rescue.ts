// What can still be said of a mail whose parsing had to be stopped: its main headers, read by nothing that can take long.

import libmime from 'libmime';
import type { Address, Defect, Mail } from '../domain/mail/mail.ts';
import { parseDate } from './date.ts';
import { HeaderFields } from './header-fields.ts';
import { plainLine } from './plain-line.ts';

/** So much of a mail is looked at, and so much of each field. */
export const rescueBytes = 64 * 1024;
const fieldCharacters = 2000;

/**
 * A mail of which only the raw is to be trusted.
 *
 * @param beginning the first bytes of the mail, at most `rescueBytes` of which are read
 * @param defect why it was not parsed
 */
export function rescue(beginning: Uint8Array, defect: Defect): Mail {
  const fields = new HeaderFields(Buffer.from(beginning.subarray(0, rescueBytes)).toString());
  return {
    headers: {
      from: readOneAddress(fields, 'from'),
      to: readOneAddress(fields, 'to'),
      cc: [],
      replyTo: readOneAddress(fields, 'reply-to'),
      subject: plainLine(libmime.decodeWords(field(fields, 'subject'))).slice(0, 998),
      date: parseDate(field(fields, 'date')),
      messageId: /<[^<>\s]{1,998}>/.exec(field(fields, 'message-id'))?.[0] ?? null,
      inReplyTo: [],
      references: [],
    },
    text: '',
    html: null,
    newText: '',
    attachments: [],
    classification: { automatic: false, bounce: null, loop: false, reasons: [] },
    correspondent: null,
    deliveredTo: [],
    forwarded: false,
    protection: null,
    notification: null,
    importance: 'normal',
    authentication: { dmarc: null, spf: null, dkim: null },
    parse: { status: 'failed', defects: [defect] },
  };
}

function field(fields: HeaderFields, name: string): string {
  return (fields.first(name) ?? '').slice(0, fieldCharacters);
}

function readOneAddress(fields: HeaderFields, name: string): Address[] {
  const value = field(fields, name);
  const address = /[^\s<>,;:"()]{1,64}@[^\s<>,;:"()]{1,255}/.exec(value)?.[0];
  if (!address) return [];
  const words = value.slice(0, value.indexOf(address)).replace(/["<>]/g, '').trim();
  return [{ name: plainLine(libmime.decodeWords(words)).slice(0, 200), address: plainLine(address) }];
}
