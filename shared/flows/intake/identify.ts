// Is this mail one that we had before, and which conversation does it belong to?
import { findApprovedSenders, findConversations, findLike } from '../../azure/ledger.ts';
import type { MailKey } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { senderOf, sha256Hex } from '../../domain/mail/ledger-record.ts';
import type { MailHeaders } from '../../domain/mail/mail.ts';
import { conversationKey as threadRoot } from '../../mime/conversation.ts';
import type { DownloadedMail } from './download.ts';
import type { IntakeContext } from './visit.ts';

const SAME_MINUTE_MS = 60_000;

export type IdentifiedMail = DownloadedMail & {
  /** The mail it is the same as, when it came back under another identity. */
  sameAs: MailKey | undefined;
  /** `first`: it opens the conversation, as far as a mail that is held and may be rejected can tell. */
  conversation: { key: string; first: boolean };
  /** Whether it waits for a supervisor. */
  isHeld: boolean;
};

/**
 * Compares a batch with the ledger and with itself.
 *
 * The same mail: equal raw digest and `receivedAt`; or, in another generation of ids (UIDVALIDITY reset, folder renamed,
 * protocol changed), equal Message-ID and `receivedAt` within a minute. Message-ID alone never makes two mails one.
 *
 * The conversation: that of the mail it answers, when we know it; otherwise named by the first mail of the thread, so
 * that two answers to a mail we never saw still meet.
 */
export async function identifyMails(
  context: IntakeContext,
  mails: DownloadedMail[],
): Promise<IdentifiedMail[]> {
  const { clients, service, generation } = context;
  const answeredIds = mails.flatMap(({ mail }) => answered(mail.headers));
  const ownIds = mails.flatMap(({ mail }) => mail.headers.messageId ?? []);
  const ownKey = ({ mail, key }: DownloadedMail) => sha256Hex(threadRoot(mail.headers) ?? key).slice(0, 32);
  const like = await findLike(clients.database.ledger, service.id, {
    rawSha256s: mails.map(({ rawSha256 }) => rawSha256),
    messageIdSha256s: [...new Set([...answeredIds, ...ownIds])].map(id => sha256Hex(id)),
    conversationKeys: [...new Set(mails.map(ownKey))],
  });
  const known = like.records.filter(({ state }) => state !== 'setAside');

  const conversationOf = new Map(
    known.flatMap(({ messageIdSha256, conversationKey }): [string, string][] =>
      messageIdSha256 && conversationKey ? [[messageIdSha256, conversationKey]] : [],
    ),
  );
  const keyed = mails.map(downloaded => {
    const { headers } = downloaded.mail;
    const found = answered(headers)
      .map(id => conversationOf.get(sha256Hex(id)))
      .find(key => key !== undefined);
    const conversationKey = found ?? ownKey(downloaded);
    if (headers.messageId) conversationOf.set(sha256Hex(headers.messageId), conversationKey);
    return { downloaded, conversationKey };
  });
  // Those of mails that are answered, where the thread was begun by another.
  const others = new Set(keyed.map(({ conversationKey }) => conversationKey)).difference(
    new Set(mails.map(ownKey)),
  );
  const [ofOthers, isApproved] = await Promise.all([
    findConversations(clients.database.ledger, service.id, [...others]),
    approvedBefore(context, keyed),
  ]);
  const opened = new Map([...like.conversations, ...ofOthers]);
  const openedBy = new Map([...opened].map(([key, { openedBy }]) => [key, openedBy]));
  const earlier = new Map<string, MailKey>();
  return keyed.map(({ downloaded, conversationKey }): IdentifiedMail => {
    const { key, listed, rawSha256 } = downloaded;
    const twin = `${rawSha256} ${listed.receivedAt.toISOString()}`;
    // Nor one that came back after this mail, which was published then and could not be recorded.
    const isOther = ({ id, sameAs }: LedgerRecord) => id !== key && sameAs !== key;
    const older = known.find(record => isOther(record) && isSame(record, downloaded, generation));
    const sameAs = older ? (older.sameAs ?? older.id) : earlier.get(twin);
    if (!earlier.has(twin)) earlier.set(twin, key);
    const isHeld = service.approvalRequired && !isApproved(downloaded, conversationKey);
    const first = (openedBy.get(conversationKey) ?? key) === key;
    // What is held opens nothing: it may be rejected, and another then does.
    if (first && !isHeld) openedBy.set(conversationKey, key);
    return { ...downloaded, sameAs, conversation: { key: conversationKey, first }, isHeld };
  });
}

type Keyed = { downloaded: DownloadedMail; conversationKey: string };

/**
 * Whether a mail skips the filter: its sender has an approved mail in the conversation already, and is the sender for sure.
 * References are anybody's to write, and so is From; that its domain is what the receiving server says is asked for first.
 */
async function approvedBefore(
  { clients, service }: IntakeContext,
  keyed: Keyed[],
): Promise<(downloaded: DownloadedMail, conversationKey: string) => boolean> {
  const sure = service.approvalRequired ? keyed.filter(({ downloaded }) => isSure(downloaded)) : [];
  if (sure.length === 0) return () => false;
  const found = await findApprovedSenders(clients.database.ledger, service.id, [
    ...new Set(sure.map(({ conversationKey }) => conversationKey)),
  ]);
  const approved = new Set(
    found.map(({ conversationKey, from }) => `${conversationKey} ${from.toLowerCase()}`),
  );
  return (downloaded, conversationKey) =>
    isSure(downloaded) && approved.has(`${conversationKey} ${senderOf(downloaded.mail).toLowerCase()}`);
}

function isSure({ mail, confirmedDomain }: DownloadedMail): boolean {
  const [, domain] = /@([^@]+)$/.exec(senderOf(mail)) ?? [];
  return domain !== undefined && domain.toLowerCase() === confirmedDomain;
}

function isSame(
  record: LedgerRecord,
  { listed, rawSha256, mail }: DownloadedMail,
  generation: string,
): boolean {
  const apartMs = Math.abs(Date.parse(record.receivedAt) - listed.receivedAt.getTime());
  if (record.rawSha256 === rawSha256 && apartMs === 0) return true;
  const { messageId } = mail.headers;
  return (
    record.source.generation !== generation &&
    messageId !== null &&
    record.messageIdSha256 === sha256Hex(messageId) &&
    apartMs <= SAME_MINUTE_MS
  );
}

/** The mails that this one answers, nearest first: few are enough, and References may be very long. */
function answered({ inReplyTo, references }: MailHeaders): string[] {
  return [...new Set([...inReplyTo.slice(0, 1), ...references.slice(-1), ...references.slice(0, 1)])];
}
