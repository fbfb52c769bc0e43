// A mailbox in trouble and out of it: its status, and the two events that tell the platform.
import type { Clients } from '../../clients.ts';
import { type MailboxTrouble, nextTrouble } from '../../domain/backoff.ts';
import { serviceFailing, serviceRecovered } from '../../domain/event/service.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { Service } from '../../domain/service/service.ts';
import type { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** The mailbox after a fetch that failed. */
export function troubled(mailbox: Mailbox, error: MaloteError, now: Date): Mailbox {
  const { code, message, cure = '', retryAfterMs } = error;
  return { ...mailbox, trouble: nextTrouble(mailbox.trouble, { code, message, cure, retryAfterMs }, now) };
}

/** The mailbox after a fetch that went well. With nothing left to be moved or deleted, that is no trouble any more either. */
export function healthy(mailbox: Mailbox, now: Date): Mailbox {
  const disposalTrouble = mailbox.takenIn === '' ? null : mailbox.disposalTrouble;
  return { ...mailbox, trouble: null, disposalTrouble, lastSuccessAt: now.toISOString() };
}

/**
 * Publishes `service.failing` when a trouble began or became another, `service.recovered` when one ended. The ids are made
 * of when it began, so a repeat is dropped; an announcement that the bus does not take is only logged.
 */
export async function announceTrouble(
  { clients, service, log }: { clients: Clients; service: Service; log: Log },
  before: Mailbox | undefined,
  after: Mailbox,
  now: Date,
): Promise<void> {
  const groupIds = service.groups.map(({ groupId }) => groupId);
  const began = (old: MailboxTrouble | null | undefined, trouble: MailboxTrouble | null) =>
    trouble && trouble.since !== old?.since
      ? [serviceFailing({ service, groupIds, failure: trouble, now })]
      : [];
  const ended = (old: MailboxTrouble | null | undefined, trouble: MailboxTrouble | null) =>
    old && !trouble
      ? [serviceRecovered({ service, groupIds, failure: old, recoveredAt: now.toISOString(), now })]
      : [];
  const events = [
    ...began(before?.trouble, after.trouble),
    ...began(before?.disposalTrouble, after.disposalTrouble),
    ...ended(before?.trouble, after.trouble),
    ...ended(before?.disposalTrouble, after.disposalTrouble),
  ];
  if (events.length === 0) return;
  for (const outcome of await clients.bus.sendEvents(events)) {
    if (outcome.outcome !== 'sent') log.warn('announcement-failed', { code: outcome.error.code });
  }
}
