// What the platform is to be told of a mailbox: written with the record that it is about, so that neither is lost without the other.
import type { MailboxTrouble } from '../backoff.ts';
import type { Announcement, Mailbox } from './mailbox.ts';

/** The record as it is to be written: with an announcement for every trouble that began or ended since it was `before`. */
export function withAnnouncements(before: Mailbox | undefined, after: Mailbox, now: Date): Mailbox {
  const at = now.toISOString();
  const between = (old: MailboxTrouble | null, trouble: MailboxTrouble | null): Announcement[] => {
    if (trouble && trouble.since !== old?.since) return [{ type: 'failing', failure: trouble, at }];
    return old && !trouble ? [{ type: 'recovered', failure: old, at }] : [];
  };
  const made = [
    ...between(before?.trouble ?? null, after.trouble),
    ...between(before?.disposalTrouble ?? null, after.disposalTrouble),
  ];
  return made.length === 0 ? after : { ...after, announcements: [...after.announcements, ...made] };
}
