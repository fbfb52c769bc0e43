// Reports of deliveries that failed: the standard ones (RFC 3464), and the ones of servers that write prose.

import type { FailedRecipient } from '../domain/mail/mail.ts';
import { HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';

const actions = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;

/**
 * Reads the recipients of a message/delivery-status part: groups of fields, the first about the mail, each other about
 * one recipient (RFC 3464 2.1).
 */
export function readDeliveryStatus(report: Buffer): FailedRecipient[] {
  const groups = report.toString().split(/\r?\n[ \t]*\r?\n/);
  const recipients: FailedRecipient[] = [];
  for (const group of groups) {
    const fields = new HeaderFields(group);
    const address = mailbox(fields.first('final-recipient')) ?? mailbox(fields.first('original-recipient'));
    if (!address) continue;
    const action = (fields.first('action') ?? '').toLowerCase();
    recipients.push({
      address,
      action: actions.find(known => action.startsWith(known)) ?? null,
      status: /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(fields.first('status') ?? '')?.[0] ?? null,
      diagnostic: typedValue(fields.first('diagnostic-code')),
    });
  }
  return once(recipients);
}

/** `rfc822; ana@example.com` without its type (RFC 3464 2.1.2), comments and brackets. */
function mailbox(field: string | undefined): string | null {
  const value =
    typedValue(field)
      ?.replace(/\([^()]*\)/g, '')
      .replace(/[<>\s]/g, '') ?? '';
  return value === '' ? null : value.slice(0, 320);
}

function typedValue(field: string | undefined): string | null {
  const value = (field ?? '')
    .replace(/^[\w./-]{1,40}\s*;/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return value === '' ? null : value.slice(0, 1000);
}

/** Who sends bounces: the local parts of their From. */
const daemon =
  /^(?:mailer-daemon|mail-daemon|maildaemon|mailerdaemon|mailer|postmaster|mail(?:er)?[-_.]?(?:delivery|system).*|mdaemon|.*-mta-sts|bounces?|microsoftexchange[0-9a-f]+|no-?reply-?bounce)$/i;

/** What their subjects say. */
const failureSubject =
  /undeliver|non.?delivery|returned (?:mail|to sender)|failure notice|(?:delivery|mail|message|e-?mail).{0,40}(?:fail|problem|error|delay|status|not deliver|refus|reject|return)|(?:could|can|was|is|has).{0,4} ?not.{0,20}deliver|user unknown|unzustellbar|nicht zugestellt|não (?:foi )?entreg|falha na entrega|devolvid[oa]|no se (?:pudo|ha podido) entregar|non remis|échec|mancata consegna|недоставлен|не доставлен|配信|不達|送信|退信/i;

/** What their first lines say, when the subject says nothing. */
const failureText =
  /undeliver|could ?not be deliver|couldn't be deliver|not (?:be )?(?:successfully )?delivered|unable to deliver|delivery (?:to the following|has failed|failed|failure|attempts?)|permanent(?:ly)? (?:fatal )?(?:error|fail)|user unknown|no such user|mailbox (?:is )?(?:full|unavailable|not found)|recipients? (?:rejected|failed|could)|returned to (?:you|sender)|following address/i;

/** Where the report ends and the mail that bounced begins. */
const originalBelow =
  /^[\s>]*-{2,}.{0,20}(?:below this line|this is a copy|original message|unsent message|returned (?:mail|message)|message header|the header)|^(?:original message (?:follows|below)|the header of the original)|^\s*(?:Received|Return-Path):\s/im;

/** Header facts that make a bounce likely, for reports without a machine-readable part. */
export type ReportedBy = {
  fields: HeaderFields;
  from: string;
  subject: string;
  nullSender: boolean;
  text: string;
};

/**
 * Recognises a bounce that has no delivery-status part and reads who did not get the mail.
 *
 * @returns null when it is no bounce; recipients may be empty when the prose names none
 */
export function readProseBounce(
  report: ReportedBy,
): { recipients: FailedRecipient[]; reason: string } | null {
  const named = report.fields.all('x-failed-recipients').join(',');
  const text = report.text.slice(0, 20_000);
  const below = originalBelow.exec(text);
  const prose = below ? text.slice(0, below.index) : text;
  if (named) {
    return {
      recipients: asFailed(named.match(addressPattern) ?? [], prose),
      reason: 'bounce: x-failed-recipients',
    };
  }
  const fromDaemon = daemon.test(report.from.split('@')[0] ?? '') || report.from === '';
  const saysSo = failureSubject.test(report.subject) || failureText.test(prose);
  if (!saysSo || !(fromDaemon || (report.nullSender && failureSubject.test(report.subject)))) return null;
  const recipients = asFailed(addressesAlone(prose), prose).filter(
    recipient => recipient.address !== report.from,
  );
  return { recipients, reason: fromDaemon ? 'bounce: from' : 'bounce: subject' };
}

const addressPattern = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?/gi;

/** Addresses that begin a line, or stand in brackets at its end, as servers name recipients. */
const namedRecipient =
  /^[\s>*-]{0,8}(?:(?:to|recipients?|final-recipient|user|rcpt to|address|e-?mail address)\s?:?\s{0,4})?(?:rfc822;\s?)?[<('"]?(?:mailto:)?([^\s<>()"'@]{1,64}@[a-z0-9][a-z0-9.-]{0,250}[a-z0-9])[>)'"]?\s*(?:[:;,.(-]|\.{3}|$)/i;

/** Addresses that end a line which says what became of them: "Delivery failed: ana@example.com". */
const failedRecipient =
  /(?:fail|deliver|unknown|reject|invalid|user)[^@:]{0,80}(?::|to|for)\s+[<'"]?([^\s<>()"'@]{1,64}@[a-z0-9][a-z0-9.-]{0,250}[a-z0-9])[>'"]?[.:]?\s*$/i;

function addressesAlone(prose: string): string[] {
  const found: string[] = [];
  for (const line of prose.split('\n', 200)) {
    const start = line.slice(0, 500);
    const address = (namedRecipient.exec(start) ?? failedRecipient.exec(start))?.[1];
    if (address) found.push(address);
  }
  return found.length > 0
    ? found
    : [...prose.slice(0, 5000).matchAll(/<([^\s<>@]{1,64}@[a-z0-9.-]{1,255})>/gi)].map(
        match => match[1] as string,
      );
}

/** RFC 3463 codes and the line that holds one, or an SMTP reply, found once for the whole report. */
function asFailed(addresses: string[], prose: string): FailedRecipient[] {
  const status = /\b([45]\.\d{1,3}\.\d{1,3})\b/.exec(prose)?.[1] ?? null;
  const diagnostic = /^.{0,300}\b[45]\d\d[ -].{0,300}$/m.exec(prose)?.[0].replace(/\s+/g, ' ').trim() ?? null;
  return once(addresses.map(address => ({ address, status, action: 'failed' as const, diagnostic })));
}

function once(recipients: FailedRecipient[]): FailedRecipient[] {
  const seen = new Map(recipients.map(recipient => [recipient.address.toLowerCase(), recipient]));
  return [...seen.values()].slice(0, limits.failedRecipients);
}
