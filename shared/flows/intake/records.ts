// What the ledger is told of a mail: from what was read of it, or from nothing but its place at the server.
import type { RecordWrite } from '../../azure/ledger.ts';
import type { MailKey } from '../../domain/ids.ts';
import { addressesOf } from '../../domain/mail/addresses.ts';
import {
  conversationId,
  correspondentBesides,
  type LedgerRecord,
  type MailState,
  senderOf,
  sha256Hex,
} from '../../domain/mail/ledger-record.ts';
import type { Mail } from '../../domain/mail/mail.ts';
import { withoutHold } from '../../domain/mail/order.ts';
import { termsOf } from '../../domain/mail/search-terms.ts';
import { senderIn } from '../../domain/mail/sender.ts';
import { DEATHS_BEFORE_RAW_ONLY } from '../../domain/mailbox/suspects.ts';
import type { Envelope, Listed } from '../../mailboxes/session.ts';
import { hashedAddresses } from '../../secrets.ts';
import { NOT_PARSED } from './download.ts';
import type { IdentifiedMail } from './identify.ts';
import type { IntakeContext } from './visit.ts';

/** A mail that was published, or came back, with the conversation that it opens. */
export function recordWrite(context: IntakeContext, mail: IdentifiedMail): RecordWrite {
  const { key, first } = mail.conversation;
  return {
    record: recordOf(context, mail),
    conversation:
      first && !mail.sameAs && !mail.isHeld
        ? {
            id: conversationId(key),
            serviceId: context.service.id,
            kind: 'conversation',
            key,
            openedBy: mail.key,
          }
        : undefined,
  };
}

/** The record of a mail that was read; with a `reason` it is set aside. */
export function recordOf(
  context: IntakeContext,
  { key, listed, mail, rawSizeBytes, rawSha256, storedBefore, sameAs, conversation, isHeld }: IdentifiedMail,
  reason?: string,
): LedgerRecord {
  const { headers, classification } = mail;
  const state = stateOf(isHeld, sameAs, reason);
  const sender = senderIn(headers.from);
  const from = senderOf(mail);
  // A cut may fall into a pair of surrogates, and half of one is no text to a database.
  const fromName = (sender?.name ?? '').slice(0, 100).toWellFormed();
  const correspondent = correspondentBesides(mail);
  const subject = headers.subject.slice(0, 200).toWellFormed();
  return {
    ...unreadRecord(context, listed, key, reason),
    state,
    ...(storedBefore && storedBefore.getTime() > 0 ? { storedAt: storedBefore.toISOString() } : {}),
    ...(state === 'held' ? holdOf(key, mail, context.clock().toISOString()) : {}),
    ...(sameAs ? { sameAs } : {}),
    rawSizeBytes,
    rawSha256,
    messageIdSha256: headers.messageId === null ? null : sha256Hex(headers.messageId),
    conversationKey: conversation.key,
    from,
    ...(fromName === '' ? {} : { fromName }),
    ...(correspondent === undefined ? {} : { correspondent }),
    ...hashedAddresses(context.clients.config.secretKeys, addressesOf(mail)),
    subject,
    terms: termsOf({ from, fromName, subject }),
    attachments: mail.attachments.length,
    automatic: classification.automatic,
    bounce: classification.bounce !== null,
    loop: classification.loop,
    parse: mail.parse.status,
  };
}

const SNIPPET_CHARACTERS = 200;

/** What a supervisor looks at: the beginning of what it says, in one line, and since when it waits. */
function holdOf(key: MailKey, { newText }: Mail, heldAt: string) {
  const beginning = newText.slice(0, 4 * SNIPPET_CHARACTERS).replace(/\s+/g, ' ');
  const snippet = beginning.trim().slice(0, SNIPPET_CHARACTERS).toWellFormed();
  return { heldAt, heldPlace: `${heldAt} ${key}`, snippet };
}

function stateOf(isHeld: boolean, sameAs: MailKey | undefined, reason: string | undefined): MailState {
  if (reason !== undefined) return 'setAside';
  if (sameAs !== undefined) return 'reappeared';
  return isHeld ? 'held' : 'published';
}

/** A mail that is safe with us and not published yet. Who finishes it does not look into what nobody looked into before. */
export function storedRecord(context: IntakeContext, mail: IdentifiedMail): LedgerRecord {
  const isUnparsed = mail.mail.parse.defects.some(({ code }) => code === NOT_PARSED);
  return {
    ...withoutHold(recordOf(context, mail)),
    state: 'stored',
    ...(isUnparsed ? { attempts: { deaths: DEATHS_BEFORE_RAW_ONLY } } : {}),
  };
}

/** The record of a mail that was not read, set aside for `reason`; with what the server tells of it. */
export function unreadRecord(
  context: IntakeContext,
  { id, receivedAt, sizeBytes }: Listed,
  key: MailKey,
  reason?: string,
  envelope: Envelope = { from: '', subject: '' },
): LedgerRecord {
  const from = envelope.from.slice(0, 254).toWellFormed();
  const subject = envelope.subject.slice(0, 200).toWellFormed();
  return {
    id: key,
    serviceId: context.service.id,
    kind: 'mail',
    state: 'setAside',
    disposal: 'pending',
    source: { generation: context.generation, id },
    receivedAt: receivedAt.toISOString(),
    recordedAt: context.clock().toISOString(),
    ...(reason === undefined ? {} : { reason }),
    rawSizeBytes: sizeBytes,
    rawSha256: null,
    messageIdSha256: null,
    conversationKey: null,
    from,
    ...hashedAddresses(context.clients.config.secretKeys, [from]),
    subject,
    terms: termsOf({ from, subject }),
    attachments: 0,
    automatic: false,
    bounce: false,
    loop: false,
    parse: 'failed',
  };
}
