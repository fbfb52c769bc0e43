// The header of a mail as the product shows it: addresses, subject, date and threading, decoded and bounded.

import { parseAddressHeader } from 'mailparser';
import type { Address, MailHeaders } from '../domain/mail/mail.ts';
import { withoutWrapping, withProperAddresses } from './address-forms.ts';
import { readDate } from './date.ts';
import type { Defects } from './defects.ts';
import { decodeWords, type HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';
import { plainLine } from './plain-line.ts';

/** Reads the headers of the root part. */
export function readHeaders(fields: HeaderFields, defects: Defects): MailHeaders {
  const dateField = fields.first('date');
  const { instant: date, zoneKnown } = readDate(dateField);
  if (dateField && !date) defects.add('date_unreadable', 'The Date header cannot be read.');
  if (!zoneKnown)
    defects.add('date_zone_unknown', 'The zone of the Date header is not known; it was read as UTC.');
  for (const name of ['from', 'subject', 'date', 'message-id']) {
    if (fields.all(name).length > 1)
      defects.add('header_repeated', 'A header that may stand once stands again; the first counts.');
  }
  const from = readAddresses(fields.all('from').slice(0, 1), defects);
  // Without an address nobody can be answered.
  if (!from.some(({ address }) => address.includes('@')))
    defects.add(
      'from_missing',
      fields.first('from') ? 'The From header names no address.' : 'There is no From header.',
    );
  return {
    from,
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
  const written = values.filter(value => value !== '');
  if (written.length === 0) return [];
  const addresses: Address[] = [];
  for (const entry of parseAddressHeader(written.map(withProperAddresses), { decodePunycode: false }).value) {
    const members = entry.group ?? [entry];
    for (const member of members) {
      if (addresses.length >= limits.addresses) {
        defects.add(
          'too_many_addresses',
          `Only the first ${limits.addresses} addresses of a header are listed.`,
        );
        return addresses;
      }
      const address = readAddress(member.name, member.address ?? '');
      if (address.name === '' && address.address === '') continue;
      addresses.push(entry.group ? { ...address, group: plainLine(entry.name) } : address);
    }
  }
  return addresses;
}

function readAddress(name: string, written: string): Address {
  const address = withoutWrapping(plainLine(written).replace(/\s+/g, ''));
  // `<Maria> <maria@example.com>`: the parser takes the first for the address.
  const isSwapped = !address.includes('@') && /^[^\s<>"@]{1,64}@[^\s<>"@]{1,255}$/.test(name);
  return isSwapped ? { name: plainLine(written), address: name } : { name: plainLine(name), address };
}

function readSubject(field: string | undefined, defects: Defects): string {
  const subject = plainLine(decodeWords(field ?? ''));
  if (subject.length <= limits.subjectCharacters) return subject;
  defects.add(
    'subject_too_long',
    `The subject is longer than ${limits.subjectCharacters} characters; its end was left out.`,
  );
  return subject.slice(0, limits.subjectCharacters).toWellFormed();
}

/** RFC 5322 3.6.4. Blanks inside come from folding; identifiers alone, in quotes or without brackets, get them. */
export function readMessageIds(field: string | undefined): string[] {
  if (!field) return [];
  const written = decodeWords(field).replace(/\p{Cc}+/gu, ' ');
  const bracketed = written.match(/<[^<>]{1,998}>/g)?.map(id => id.replace(/\s+/g, ''));
  const ids = bracketed?.map(id => id.replace(/^<(["'])([^"']+)\1>$/, '<$2>')) ?? bareMessageIds(written);
  return [...new Set(ids)].filter(id => id !== '<>');
}

/** Nothing but identifiers: an address in words about a mail, as RFC 822 4.6.2 allowed, is none. */
function bareMessageIds(written: string): string[] {
  const ids = written
    .split(/[\s,;]+/)
    .map(word => word.replace(/^[<"'(]{1,3}|[>"')]{1,3}$/g, ''))
    .filter(word => word !== '');
  return ids.every(id => /^[^\s<>@"]{1,998}@[^\s<>@"]{1,255}$/.test(id)) ? ids.map(id => `<${id}>`) : [];
}

/** The first identifier names the conversation's root, the last ones the nearest mails: those are kept of a long list. */
function readReferences(field: string, defects: Defects): string[] {
  const ids = readMessageIds(field);
  if (ids.length <= limits.references) return ids;
  defects.add('too_many_references', `Only ${limits.references} of the References are kept.`);
  return [ids[0] as string, ...ids.slice(1 - limits.references)];
}
