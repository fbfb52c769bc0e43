// What kind of mail it is besides a person's: automatic, a bounce, our own coming back. Classified, never dropped.

import libmime from 'libmime';
import type { Address, Classification, FailedRecipient, MailHeaders } from '../domain/mail/mail.ts';
import { readDeliveryStatus, readProseBounce } from './bounce.ts';
import type { Defects } from './defects.ts';
import type { HeaderFields } from './header-fields.ts';
import { readAddresses } from './headers.ts';

/** What a mail is classified by. */
export type Evidence = {
  fields: HeaderFields;
  headers: MailHeaders;
  text: string;
  /** The delivery-status parts, decoded. */
  reports: Buffer[];
  /** Addresses from which we ourselves send. */
  ownAddresses: string[];
  defects: Defects;
};

/** Headers that only machines write, with the values that say so. */
const machineHeaders: { name: string; says: RegExp }[] = [
  // RFC 3834 5: any value but "no".
  { name: 'auto-submitted', says: /^(?!no\b)\S/i },
  { name: 'precedence', says: /^(?:bulk|list|junk|auto[_-]?reply)\b/i },
  // RFC 2919.
  { name: 'list-id', says: /\S/ },
  // MS-OXCMAIL 2.1.3.2.18; "None" asks for nothing to be suppressed.
  { name: 'x-auto-response-suppress', says: /^(?!none\b)\S/i },
  // Older than RFC 3834 and still sent by help desks and hosting panels.
  { name: 'x-autoreply', says: /^(?!no\b)\S/i },
  { name: 'x-autorespond', says: /^(?!no\b)/i },
  { name: 'x-autoresponder', says: /^(?!no\b)/i },
];

/** Classifies a mail; `reasons` name each header or rule that spoke. */
export function classify(evidence: Evidence): Classification {
  const { fields } = evidence;
  const reasons: string[] = [];
  for (const { name, says } of machineHeaders) {
    const value = fields.first(name);
    if (value !== undefined && says.test(value))
      reasons.push(value === '' ? name : `${name}: ${value.slice(0, 80)}`);
  }
  // RFC 5321 4.4: the final server keeps the envelope's sender there; RFC 3834 2: nobody answers the null one.
  const nullSender = /^<\s*>/.test(fields.first('return-path') ?? '');
  if (nullSender) reasons.push('return-path: <>');
  const reportType = reportTypeOf(fields);
  if (reportType !== null) reasons.push(`report-type: ${reportType}`);

  const bounce = findBounce(evidence, reportType, nullSender, reasons);
  const automatic = reasons.length > 0;
  const loop = findLoop(evidence, reasons);
  return { automatic, bounce, loop, reasons };
}

/** RFC 6522 3: what a multipart/report reports. */
function reportTypeOf(fields: HeaderFields): string | null {
  const { value, params } = libmime.parseHeaderValue(fields.first('content-type') ?? '', {
    stripComments: true,
  });
  if (value.trim().toLowerCase() !== 'multipart/report') return null;
  return params['report-type']?.toLowerCase().slice(0, 80) ?? 'unknown';
}

function findBounce(
  evidence: Evidence,
  reportType: string | null,
  nullSender: boolean,
  reasons: string[],
): Classification['bounce'] {
  const reported = evidence.reports.flatMap(report => readDeliveryStatus(report));
  if (reported.length > 0) {
    // A report may tell that all went well (RFC 3464 2.3.3); a delay is a failure so far.
    if (!reported.some(failedSoFar)) return null;
    reasons.push('bounce: message/delivery-status');
    return { recipients: reported, originalMessageId: null };
  }
  // A complaint (RFC 5965) or a read receipt (RFC 8098) is a report, but not of a delivery.
  if (reportType !== null && reportType !== 'delivery-status') return null;
  const { headers, text } = evidence;
  const from = headers.from[0]?.address ?? '';
  const prose = readProseBounce({
    fields: evidence.fields,
    from,
    subject: headers.subject,
    nullSender,
    text,
  });
  if (!prose) return null;
  reasons.push(prose.reason);
  return { recipients: prose.recipients, originalMessageId: null };
}

function failedSoFar(recipient: FailedRecipient): boolean {
  return recipient.action === null || recipient.action === 'failed' || recipient.action === 'delayed';
}

function findLoop(evidence: Evidence, reasons: string[]): boolean {
  const own = new Set(evidence.ownAddresses.map(address => address.trim().toLowerCase()));
  const isOwn = ({ address }: Address) => own.has(address.toLowerCase());
  const senders: [string, Address[]][] = [
    ['from', evidence.headers.from],
    ['sender', readAddresses(evidence.fields.all('sender').slice(0, 1), evidence.defects)],
    ['x-loop', readAddresses(evidence.fields.all('x-loop'), evidence.defects)],
  ];
  const found = senders.filter(([, addresses]) => addresses.some(isOwn)).map(([name]) => name);
  reasons.push(...found.map(name => `loop: ${name}`));
  return found.length > 0;
}
