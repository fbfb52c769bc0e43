// What bench/readers.ts measures: a program that fetches every mail of a mailbox, writes it, and deletes it at the server.
import type { FilledMailbox } from './filled-mailboxes.ts';

export type Contender = {
  name: string;
  protocol: 'IMAP' | 'POP3' | 'Graph';
  /** Where mails go, and whether the disk is waited for. */
  writes: string;
  /** What to tell where it cannot run; undefined where it can. */
  missing?: () => string | undefined;
  /** `dir` is empty and its own. */
  read: (mailbox: FilledMailbox, dir: string) => Promise<Run>;
};

export type Run = { seconds: number; cpuSeconds: number; delivered: number };
