// What the ledger says of one mail: what it was, when, and what became of it. No body, about 1.5 kB.
import { createHash } from 'node:crypto';
import type { MailKey, ServiceId } from '../ids.ts';
import type { Mail } from './mail.ts';

/**
 * Where a mail is on its way into the queue. States only advance. `stored`: its raw is safe, and it is not published yet,
 * which somebody will do from there (POP3).
 */
export const mailStates = ['stored', 'setAside', 'held', 'published', 'reappeared'] as const;
export type MailState = (typeof mailStates)[number];

/** What became of the mail at its server. `gone`: it had left the folder before we disposed of it. */
export type Disposal = 'pending' | 'moved' | 'deleted' | 'gone';

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
  disposedAt?: string;
  /** Only while it is held: the index of held mails is sparse. */
  heldAt?: string;
  /** Of the mail it is the same as, when it reappeared. */
  sameAs?: MailKey;
  /** Why it was set aside. */
  reason?: string;
  rawSizeBytes: number;
  /** Null when it was set aside without being read. */
  rawSha256: string | null;
  /** SHA-256 of the Message-ID, to be found by without being told. */
  messageIdSha256: string | null;
  conversationKey: string | null;
  from: string;
  subject: string;
  attachments: number;
  automatic: boolean;
  bounce: boolean;
  loop: boolean;
  parse: Mail['parse']['status'];
};

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
