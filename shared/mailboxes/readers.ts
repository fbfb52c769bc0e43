// How each protocol opens a mailbox: a new protocol is a room beside these, and a line here.
import type { MailboxSettings } from '../domain/service/service.ts';
import type { Allowances, Session, Target } from './session.ts';

type Opener = {
  /** Connects and logs in. @throws MaloteError with a mailbox's code */
  open(target: Target, allowances: Allowances, signal: AbortSignal): Promise<Session>;
};

export type Reader = Opener & {
  /** Whether to look is to lock: then the lease is taken before connecting. */
  locks: boolean;
};

/** A reader for every protocol. */
export const readers: Record<MailboxSettings['protocol'], Reader> = {
  imap: { locks: false, ...whenOpened(async () => ({ open: (await import('./imap/session.ts')).openImap })) },
  pop3: { locks: true, ...whenOpened(async () => ({ open: (await import('./pop3/session.ts')).openPop3 })) },
  graph: {
    locks: false,
    ...whenOpened(async () => ({ open: (await import('./graph/session.ts')).openGraph })),
  },
};

/** Loaded with its library by the first mailbox that it opens. */
function whenOpened(load: () => Promise<Opener>): Opener {
  return { open: async (...target) => (await load()).open(...target) };
}
