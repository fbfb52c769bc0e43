// Reports of deliveries that failed: the standard ones (RFC 3464), and the ones of servers that write prose.

import type { Bounce, FailedRecipient, MailHeaders } from '../domain/mail/mail.ts';
import { addressesIn } from './addresses-in-text.ts';
import type { Report } from './attachments.ts';
import { isAwayReply } from './automatic.ts';
import { asRecipients, findRecipients } from './bounce-recipients.ts';
import { readFailureSigns, saysDelayed, saysFailed, splitReport } from './bounce-words.ts';
import type { Own } from './correspondent.ts';
import { hasFailedSoFar, type ReportedRecipient, readDeliveryStatus } from './delivery-status.ts';
import type { HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';
import { type ReturnedMail, readReturnedMail } from './returned-mail.ts';
import { readSesBounce } from './ses-notification.ts';

/** What a mail is recognised by as a bounce. */
export type BounceEvidence = {
  fields: HeaderFields;
  headers: MailHeaders;
  text: string;
  reports: Report[];
  own: Own;
  /** Of a multipart/report (RFC 6522 3), `unknown` when it does not tell; null of any other mail. */
  reportType: string | null;
  /** Whether it came with the null sender of reports (RFC 5321 4.5.5). */
  nullSender: boolean;
};

/** What is read of the text of a report. */
type Reading = { prose: string; original: ReturnedMail; action: 'failed' | 'delayed' };

/**
 * Reads a bounce.
 *
 * @returns null when it is none; the recipients may be empty when it names none
 */
export function readBounce(evidence: BounceEvidence): { bounce: Bounce; reason: string } | null {
  const { headers, reports, reportType, nullSender } = evidence;
  const reported = reports
    .filter(({ type }) => type.endsWith('delivery-status'))
    .flatMap(({ beginning }) => readDeliveryStatus(beginning));
  if (reported.length > 0) {
    if (!reported.some(hasFailedSoFar)) return null;
    const reading = readReport(evidence);
    return found(addressed(reported, evidence, reading), reading.original, 'message/delivery-status');
  }
  // A complaint (RFC 5965) or a read receipt (RFC 8098) is a report, but not of a delivery.
  if (reportType !== null && reportType !== 'delivery-status' && reportType !== 'unknown') return null;
  if (reports.some(({ type }) => /feedback-report|disposition-notification/.test(type))) return null;

  const ses = evidence.fields.first('x-amz-sns-message-id') ? readSesBounce(evidence.text) : null;
  if (ses) return found(ses.recipients, ses, 'ses notification');
  const named = addressesIn(evidence.fields.all('x-failed-recipients').join(',').slice(0, 20_000));
  const [from] = headers.from;
  const { daemon, subject, subjectAlone } = readFailureSigns(from, headers.subject);
  const nobody = nullSender || !from?.address;
  if (named.length === 0 && !daemon && !nobody && !subjectAlone && reportType === null) return null;
  const reading = readReport(evidence);
  if (named.length > 0) {
    const addresses = named.slice(0, limits.failedRecipients).map(({ address }) => address);
    return found(
      asRecipients(addresses, reading.prose, reading.action),
      reading.original,
      'x-failed-recipients',
    );
  }
  const saysSo = saysFailed(headers.subject, reading.prose);
  const recipients = proseRecipients(evidence, reading);
  if (daemon && (subject || saysSo)) return found(recipients, reading.original, 'from');
  if (reportType !== null && saysSo) return found(recipients, reading.original, 'multipart/report');
  // Programs that answer for people have no sender either, and a subject of the person's.
  if (!saysSo || isAwayReply(headers)) return null;
  const namesSome = recipients.length > 0;
  if (nobody && subject) return found(recipients, reading.original, 'subject');
  if (nullSender && namesSome) return found(recipients, reading.original, 'return-path');
  if (subjectAlone && namesSome) return found(recipients, reading.original, 'subject');
  return null;
}

function readReport({ headers, reports, text }: BounceEvidence): Reading {
  const { prose, returned } = splitReport(text);
  const answered = [...headers.inReplyTo, ...headers.references.slice(-1)];
  return {
    prose,
    original: readReturnedMail(reports, returned, prose, answered),
    action: saysDelayed(headers.subject, prose) ? 'delayed' : 'failed',
  };
}

function found(recipients: FailedRecipient[], original: { messageId: string | null }, by: string) {
  const each = new Map(recipients.map(recipient => [recipient.address.toLowerCase(), recipient]));
  const listed = [...each.values()].slice(0, limits.failedRecipients);
  return {
    bounce: { recipients: listed, originalMessageId: original.messageId },
    reason: `bounce: ${by}`,
  };
}

/** One recipient without an address of mail has the one that the report's text names, if that is a single one. */
function addressed(
  reported: ReportedRecipient[],
  evidence: BounceEvidence,
  reading: Reading,
): FailedRecipient[] {
  if (reported.length === 1 && reported[0]?.address === null) {
    const [named, ...others] = proseRecipients(evidence, reading);
    return named && others.length === 0 ? [{ ...reported[0], address: named.address }] : [];
  }
  return reported.filter((recipient): recipient is FailedRecipient => recipient.address !== null);
}

/** Whom the text names; nobody of those whom the report came from and went to. Else the only one the mail went to. */
function proseRecipients(evidence: BounceEvidence, { prose, original, action }: Reading): FailedRecipient[] {
  const { from, to } = evidence.headers;
  const others = new Set([...evidence.own, ...[...from, ...to].map(({ address }) => address.toLowerCase())]);
  const { onlyRecipient } = original;
  const named = findRecipients(prose, others);
  if (named.length === 0 && onlyRecipient && !others.has(onlyRecipient.toLowerCase()))
    named.push(onlyRecipient);
  return asRecipients(named, prose, action);
}
