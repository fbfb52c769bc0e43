// The steps of a connection test: what they are given, and what they find.
import type { JsonValue } from '../../domain/merge-patch.ts';
import type { MailboxSettings } from '../../domain/service/service.ts';
import type { Lookup } from '../guard.ts';
import type { Allowances, Credential, Target } from '../session.ts';

/** What is tried, and under which circumstances. */
export type Subject<Settings extends MailboxSettings = MailboxSettings> = Target<Settings> & {
  /** How to log in where it sends; undefined where it sends nothing. */
  outgoing?: Credential;
  allowances: Allowances;
  readFrom: Date;
  /** Whether a missing destination is to be created. */
  createFolder: boolean;
  /** Tells of the folder's mails, by its generation (and what that was called before), those that are in the ledger already. */
  finishedIn: (generation: string, formerly?: string) => (id: string) => boolean;
  /** Instead of the DNS. */
  lookup?: Lookup;
};

/** What a step found out. `warning` is something to mend soon, `skipped` that there was nothing to do. */
export type Finding = {
  outcome?: 'warning' | 'skipped';
  /** One sentence. */
  message: string;
  cure?: string;
  detail?: Record<string, JsonValue>;
};

export type Step = {
  name: string;
  deadlineMs: number;
  /** What to say when the deadline passes. */
  silence?: { message: string; cure: string };
  /** @throws MaloteError when the step fails */
  run: () => Promise<Finding>;
};

/** Mails that the next fetches would take in. `exact` is false where they were too many to look at each. */
export type WouldRead = { count: number; oldest: string | null; exact: boolean };

/** A test under way: its steps in their order, over one connection that `close` ends at once, whatever is going on. */
export type Probe = {
  steps: Step[];
  wouldRead: () => WouldRead | null;
  close: () => void;
};
