// The events about what people did with a mail: rejected, discarded.
import type { EventData } from '../../../schemas/events.d.ts';
import type { LedgerRecord, MailOrder } from '../mail/ledger-record.ts';
import { envelope, eventService, joinGroupIds, type OutgoingEvent, type ServiceFacts } from './envelope.ts';

/** What the events about a mail's order are made from. */
export type OrderFacts = {
  record: LedgerRecord;
  order: MailOrder;
  service: ServiceFacts;
  groupIds: string[];
  now: Date;
};

/** `mail.rejected`: a supervisor refused a held mail. One event for each rejection, however often it is sent. */
export function mailRejected(facts: OrderFacts): OutgoingEvent<'mail.rejected'> {
  const { record, order, service } = facts;
  return aboutOrder('mail.rejected', facts, {
    mailKey: record.id,
    service: eventService(service),
    rejectedAt: order.at,
    rejectedBy: order.who.name || order.who.oid,
    reason: order.reason,
  });
}

/** `mail.discarded`: the platform discarded the attendance of a mail. */
export function mailDiscarded(facts: OrderFacts): OutgoingEvent<'mail.discarded'> {
  const { record, order, service } = facts;
  return aboutOrder('mail.discarded', facts, {
    mailKey: record.id,
    service: eventService(service),
    discardedAt: order.at,
    discardedBy: order.agentId ?? null,
    reason: order.reason,
  });
}

function aboutOrder<T extends 'mail.rejected' | 'mail.discarded'>(
  type: T,
  { record, order, service, groupIds, now }: OrderFacts,
  data: EventData[T],
): OutgoingEvent<T> {
  const id = `${record.id}:${order.action}:${order.at}`;
  return {
    event: { ...envelope(type, { id, subject: record.id, now }), data },
    properties: {
      type,
      serviceId: service.id,
      groupIds: joinGroupIds(groupIds),
      automatic: record.automatic,
      test: false,
    },
  };
}
