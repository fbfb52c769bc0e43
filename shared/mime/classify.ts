// What kind of mail it is besides a person's: automatic, a bounce, our own coming back. Classified, never dropped.

import libmime from 'libmime';
import type { Classification, Correspondent } from '../domain/mail/mail.ts';
import { addressesIn } from './addresses-in-text.ts';
import { isAwayReply, machineReasons } from './automatic.ts';
import { type BounceEvidence, readBounce } from './bounce.ts';
import { listAddresses } from './correspondent.ts';
import type { HeaderFields } from './header-fields.ts';

/** What a mail is classified by. */
export type Evidence = Omit<BounceEvidence, 'reportType' | 'nullSender'> & {
  /** Whom to answer. */
  correspondent: Correspondent | null;
};

/** Classifies a mail; `reasons` name each header or rule that spoke. */
export function classify(evidence: Evidence): Classification {
  const { fields, headers, own } = evidence;
  const ownList = [...listAddresses(fields)].some(address => own.has(address));
  const reasons = machineReasons(fields, ownList);
  if (isAwayReply(headers)) reasons.push('subject: away');
  // RFC 5321 4.4: the final server keeps the envelope's sender there; RFC 3834 2: nobody answers the null one.
  const nullSender = /^<\s*>/.test(fields.first('return-path') ?? '');
  if (nullSender) reasons.push('return-path: <>');
  const reportType = reportTypeOf(fields);
  if (reportType !== null) reasons.push(`report-type: ${reportType}`);

  const report = readBounce({ ...evidence, reportType, nullSender });
  if (report) reasons.push(report.reason);
  const automatic = reasons.length > 0;
  const loops = loopReasons(evidence);
  reasons.push(...loops);
  return { automatic, bounce: report?.bounce ?? null, loop: loops.length > 0, reasons };
}

/** Nearly all: not worth being parsed. */
const plainlyOther = /^(?!multipart\/report)[\w-]+\/[\w.+-]+(?:;|$)/i;

/** RFC 6522 3: what a multipart/report reports. */
function reportTypeOf(fields: HeaderFields): string | null {
  const field = fields.first('content-type') ?? '';
  if (plainlyOther.test(field)) return null;
  const { value, params } = libmime.parseHeaderValue(field, { stripComments: true });
  if (value.trim().toLowerCase() !== 'multipart/report') return null;
  return params['report-type']?.trim().toLowerCase().slice(0, 80) || 'unknown';
}

/**
 * Our own mail comes back when From is ours and nobody else is named whom one could answer, or when X-Loop has our
 * address. Forms and groups that send for customers have our From as well, and name them: no loop.
 */
function loopReasons({ fields, headers, own, correspondent }: Evidence): string[] {
  const isOwn = (address: string) => own.has(address.toLowerCase());
  const reasons: string[] = [];
  const fromUs = headers.from.some(({ address }) => isOwn(address));
  if (fromUs && correspondent && isOwn(correspondent.address)) reasons.push('loop: from');
  const marks = fields.all('x-loop').join(' ').slice(0, 5000);
  if (addressesIn(marks).some(({ address }) => isOwn(address))) reasons.push('loop: x-loop');
  return reasons;
}
