// How each protocol opens a mailbox: a new protocol is a room beside these, and a line here.
import type { MailboxSettings } from '../domain/service/service.ts';
import { openGraph } from './graph/session.ts';
import { openImap } from './imap/session.ts';
import { openPop3 } from './pop3/session.ts';
import type { Allowances, Session, Target } from './session.ts';

export type Reader = {
  /** Connects and logs in. @throws MaloteError with a mailbox's code */
  open(target: Target, allowances: Allowances, signal: AbortSignal): Promise<Session>;
  /** Whether to look is to lock: then the lease is taken before connecting. */
  locks: boolean;
};

/** A reader for every protocol. */
export const readers: Record<MailboxSettings['protocol'], Reader> = {
  imap: { open: openImap, locks: false },
  pop3: { open: openPop3, locks: true },
  graph: { open: openGraph, locks: false },
};
