// The header of a mail as the product shows it: addresses, subject, date and threading, decoded and bounded.

import libmime from 'libmime';
import { parseAddressHeader } from 'mailparser';
import type { Address, MailHeaders } from '../domain/mail/mail.ts';
import { parseDate } from './date.ts';
import type { Defects } from './defects.ts';
import type { HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';
import { plainLine } from './plain-line.ts';

/** Reads the headers of the root part. */
export function readHeaders(fields: HeaderFields, defects: Defects): MailHeaders {
  const dateField = fields.first('date');
  const date = parseDate(dateField);
  if (dateField && !date) defects.add('date_unreadable', 'The Date header cannot be read.');
  for (const name of ['from', 'subject', 'date', 'message-id']) {
    if (fields.all(name).length > 1)
      defects.add('header_repeated', 'A header that may stand once stands again; the first counts.');
  }
  if (!fields.first('from')) defects.add('from_missing', 'There is no From header.');
  return {
    from: readAddresses(fields.all('from').slice(0, 1), defects),
    to: readAddresses(fields.all('to'), defects),
    cc: readAddresses(fields.all('cc'), defects),
    replyTo: readAddresses(fields.all('reply-to'), defects),
    subject: readSubject(fields.first('subject'), defects),
    date,
    messageId: readMessageIds(fields.first('message-id'))[0] ?? null,
    inReplyTo: readMessageIds(fields.first('in-reply-to')).slice(0, 20),
    references: readReferences(fields.all('references').join(' '), defects),
  };
}

/**
 * Reads the addresses of one kind of header, groups flattened with their name kept (RFC 5322 3.4). A header may be
 * repeated, although it should not be.
 */
export function readAddresses(values: string[], defects: Defects): Address[] {
  const addresses: Address[] = [];
  for (const entry of parseAddressHeader(
    values.filter(value => value !== ''),
    { decodePunycode: false },
  ).value) {
    const members = entry.group ?? [entry];
    for (const member of members) {
      if (addresses.length >= limits.addresses) {
        defects.add(
          'too_many_addresses',
          `Only the first ${limits.addresses} addresses of a header are listed.`,
        );
        return addresses;
      }
      const address: Address = {
        name: plainLine(member.name),
        address: plainLine(member.address ?? '').replace(/\s+/g, ''),
      };
      if (address.name === '' && address.address === '') continue;
      addresses.push(entry.group ? { ...address, group: plainLine(entry.name) } : address);
    }
  }
  return addresses;
}

function readSubject(field: string | undefined, defects: Defects): string {
  const subject = plainLine(libmime.decodeWords(field ?? ''));
  if (subject.length <= limits.subjectCharacters) return subject;
  defects.add(
    'subject_too_long',
    `The subject is longer than ${limits.subjectCharacters} characters; its end was left out.`,
  );
  return subject.slice(0, limits.subjectCharacters).toWellFormed();
}

/** RFC 5322 3.6.4. Blanks inside come from folding; a lone identifier without brackets gets them. */
function readMessageIds(field: string | undefined): string[] {
  if (!field) return [];
  const bracketed = field.match(/<[^<>]{1,998}>/g);
  if (bracketed) return [...new Set(bracketed.map(id => id.replace(/\s+/g, '')).filter(id => id !== '<>'))];
  const bare = field.trim();
  return /^[^\s<>]{1,998}@[^\s<>]{1,255}$/.test(bare) ? [`<${bare}>`] : [];
}

/** The first identifier names the conversation's root, the last ones the nearest mails: those are kept of a long list. */
function readReferences(field: string, defects: Defects): string[] {
  const ids = readMessageIds(field);
  if (ids.length <= limits.references) return ids;
  defects.add('too_many_references', `Only ${limits.references} of the References are kept.`);
  return [ids[0] as string, ...ids.slice(1 - limits.references)];
}
