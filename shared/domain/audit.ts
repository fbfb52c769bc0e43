// The audit trail: who changed what, and when. It is only ever added to.
import type { Change } from './changes.ts';

/** Who acts, from the access token. */
export type Actor = {
  /** Object id of the person or app in the directory. */
  oid: string;
  name: string;
  /** The role that allowed it. */
  role: string;
};

/** What was done to a record. */
export type ChangeAction = 'created' | 'updated' | 'deleted';
/** What was done about a mailbox that a person connects: asked for, done, or not done although the person consented. */
type ConnectAction = 'connecting' | 'connected' | 'notConnected';
/** What was done with a mail, or with many of them at once. */
type MailAction = 'approved' | 'rejected' | 'discarded' | 'replayed' | 'stopped';

/** What was done with an answer to a survey. */
type AnswerAction = 'restored';

/** What entries are about. */
export const auditKinds = [
  'service',
  'mail',
  'mails',
  'erasure',
  'group',
  'schedule',
  'form',
  'settings',
  'webhookSecret',
  'event',
  'answer',
] as const;

/** One change. `month` is the partition: all of a month is read together. */
export type AuditEntry = {
  id: string;
  /** Such as `2026-11`. */
  month: string;
  /** RFC 3339 in UTC. */
  at: string;
  who: Actor;
  action: ChangeAction | ConnectAction | MailAction | AnswerAction | 'tested';
  kind: (typeof auditKinds)[number];
  /** Id of what was changed. */
  target: string;
  /** Secrets are masked as `***`. */
  changes: Change[];
};

/** The entry for a change made now. */
export function auditEntry(entry: Omit<AuditEntry, 'month' | 'at'>, now: Date): AuditEntry {
  const at = now.toISOString();
  return { ...entry, month: at.slice(0, 7), at };
}
