// Reads a report of deliveries (RFC 3464, RFC 6533): which recipient, what became of the mail, what the other server said.

import type { FailedRecipient } from '../domain/mail/mail.ts';
import { HeaderFields } from './header-fields.ts';

/** A recipient of a report, whose address may be one of another kind of mail (X.400, a local user). */
export type ReportedRecipient = Omit<FailedRecipient, 'address'> & { address: string | null };

/** RFC 3464 2.3.3, by how they begin: servers write "failure" and "delivery expired", too. */
const actions: [stem: RegExp, action: NonNullable<FailedRecipient['action']>][] = [
  [/^(?:fail|expired)/, 'failed'],
  [/^delay/, 'delayed'],
  [/^deliver/, 'delivered'],
  [/^relay/, 'relayed'],
  [/^expand/, 'expanded'],
];

/**
 * Reads the recipients of a message/delivery-status part: groups of fields, the first about the mail, each other about
 * one recipient (RFC 3464 2.1).
 */
export function readDeliveryStatus(report: Buffer): ReportedRecipient[] {
  const recipients: ReportedRecipient[] = [];
  for (const group of report.toString().split(/\r?\n[ \t]*\r?\n/)) {
    const fields = new HeaderFields(group);
    const named = ['final-recipient', 'original-recipient', 'x-actual-recipient']
      .map(name => fields.first(name))
      .filter(value => value !== undefined);
    if (named.length === 0) continue;
    const action = (fields.first('action') ?? '').toLowerCase();
    recipients.push({
      address: named.map(mailbox).find(address => address !== null) ?? null,
      action: actions.find(([stem]) => stem.test(action))?.[1] ?? null,
      status: /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(fields.first('status') ?? '')?.[0] ?? null,
      diagnostic: typedValue(fields.first('diagnostic-code')),
    });
  }
  return recipients;
}

/** Whether the mail has not arrived: a report may tell that all went well; a delay is a failure so far. */
export function hasFailedSoFar({ action, status }: ReportedRecipient): boolean {
  return action === null ? !status?.startsWith('2') : action === 'failed' || action === 'delayed';
}

/** `rfc822; ana@example.com` without its type (RFC 3464 2.1.2), comments and brackets; null when it is no address of mail. */
function mailbox(field: string): string | null {
  const value = typedValue(field)
    ?.replace(/\([^()]*\)/g, '')
    .replace(/[<>\s]/g, '')
    .slice(0, 320);
  return value?.includes('@') ? value : null;
}

function typedValue(field: string | undefined): string | null {
  const value = (field ?? '')
    .replace(/^[\w./-]{1,40}\s*;/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return value === '' ? null : value.slice(0, 1000);
}
