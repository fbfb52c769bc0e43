// What the ledger says of one mail: what it was, when, and what became of it. No body, about 1.5 kB.
import { createHash } from 'node:crypto';
import type { Actor } from '../audit.ts';
import type { MailKey, ServiceId } from '../ids.ts';
import { normalAddress } from './addresses.ts';
import type { Mail } from './mail.ts';
import { senderIn } from './sender.ts';

/**
 * Where a mail is on its way into the queue. States only advance. `stored`: its raw is safe, and it is not published yet,
 * which somebody will do from there (POP3). `approving`: a supervisor let it in, and it is on its way to the platform.
 */
export const mailStates = [
  'stored',
  'setAside',
  'held',
  'approving',
  'rejected',
  'published',
  'reappeared',
] as const;
export type MailState = (typeof mailStates)[number];

/** What became of the mail at its server. `gone`: it had left the folder before we disposed of it. */
export type Disposal = 'pending' | 'moved' | 'deleted' | 'gone';

/** What somebody ordered of a mail that is in the ledger, as it was given. */
export type MailOrder = {
  /** Of the audit entry, and of what else follows. */
  id: string;
  action: 'approved' | 'rejected' | 'discarded' | 'replayed';
  who: Actor;
  /** RFC 3339 in UTC. */
  at: string;
  /** In the words of who ordered it. */
  reason: string | null;
  /** Of a discard: the agent as the platform names them. */
  agentId?: string | null;
  /** Of a replay: the number of the delivery that is reserved for it. */
  number?: number;
  /** Of a replay: the mail has to pass the filter of its service first, and nothing else of it is published. */
  toHeld?: true;
  /** Of a replay: one of the many that this job replays. */
  jobId?: string;
  /** Of a replay: why it will never be. */
  failed?: string;
  /** One of many that a single entry of the trail tells of already. */
  isInTrail?: true;
};

/** One mail in the container `ledger`. Instants are RFC 3339 in UTC. */
export type LedgerRecord = {
  id: MailKey;
  serviceId: ServiceId;
  kind: 'mail';
  state: MailState;
  disposal: Disposal;
  /** Where it was read: the folder's generation and its id there (IMAP: the UID). */
  source: { generation: string; id: string };
  receivedAt: string;
  recordedAt: string;
  /** When its raw was stored, of a mail that was recorded later. */
  storedAt?: string;
  disposedAt?: string;
  /** Only while it is held: since when, and its place among others held, `{heldAt} {key}`, whose index is sparse. */
  heldAt?: string;
  heldPlace?: string;
  /** Only while it is held: the beginning of what it says. */
  snippet?: string;
  /** When the platform had it, of a mail that waited for that. */
  publishedAt?: string;
  /** The last word of a supervisor about a mail that was held. */
  decision?: MailOrder;
  /** The rejection that the last word overrode. */
  overridden?: MailOrder;
  /** That the platform discarded its attendance. */
  discard?: MailOrder;
  /** The number of the last delivery that was reserved; absent before the first replay. */
  deliveries?: number;
  /** The last replays, oldest first. */
  replays?: MailOrder[];
  /** Orders of which what must follow is still to come: the event, the trail's entry. Oldest first. */
  untold?: MailOrder[];
  /** When the oldest of them was given: the index of mails with something to come is sparse. */
  untoldSince?: string;
  /** Of the mail it is the same as, when it reappeared. */
  sameAs?: MailKey;
  /**
   * Only while it is stored: how many attempts to finish it ended their process, and the process that is at one now
   * (flows/intake/finish-attempt.ts).
   */
  attempts?: { deaths: number; by?: string };
  /** Why it was set aside. */
  reason?: string;
  rawSizeBytes: number;
  /** Null when it was set aside without being read. */
  rawSha256: string | null;
  /** SHA-256 of the Message-ID, to be found by without being told. */
  messageIdSha256: string | null;
  conversationKey: string | null;
  from: string;
  /** Absent where the sender gave none. */
  fromName?: string;
  /** Whom to answer, where that is somebody else: a form or a group sends for its customer. */
  correspondent?: string;
  /**
   * Who is named in it, to be found by when somebody is to be forgotten: hashes (secrets.ts `addressHash`) under the key with this
   * id. Absent in records from before, and filled in from their raws.
   */
  addressKeyId?: string;
  addressHashes?: string[];
  subject: string;
  /** By what it is found (domain/mail/search-terms.ts). */
  terms?: string[];
  attachments: number;
  automatic: boolean;
  bounce: boolean;
  loop: boolean;
  parse: Mail['parse']['status'];
};

/**
 * What is left of a mail that was forgotten: so much that it does not enter again as long as its server lists it. It stands in the
 * place of its record, and goes when the server has it no more.
 */
export type Tombstone = Pick<LedgerRecord, 'id' | 'serviceId' | 'disposal' | 'receivedAt'> & {
  kind: 'tombstone';
  state?: never;
  /** Whether the server may list it also after it was disposed of: some maildrops keep a copy. */
  staysListed: boolean;
  /** When its blobs are looked for once more, for what was under way may have stored some; absent when that was done. */
  sweepAt?: string;
};

/** Whom a mail is from, as its record says; empty where From has no address. */
export function senderOf({ headers }: Mail): string {
  const address = senderIn(headers.from)?.address ?? '';
  // A cut may fall into a pair of surrogates, and half of one is no text to a database.
  return address.slice(0, 254).toWellFormed();
}

/** Whom to answer, as its record says: absent where that is the sender, or nobody. */
export function correspondentBesides(mail: Mail): string | undefined {
  const address = (mail.correspondent?.address ?? '').slice(0, 254).toWellFormed();
  return address === '' || normalAddress(address) === normalAddress(senderOf(mail)) ? undefined : address;
}

/** A conversation in the ledger: which mail opened it. */
export type ConversationRecord = {
  id: string;
  serviceId: ServiceId;
  kind: 'conversation';
  key: string;
  openedBy: MailKey;
};

export const conversationId = (key: string) => `conversation:${key}`;

/** 64 hex digits of a text's SHA-256. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
