// The events that are published: their envelope (CloudEvents 1.0 in JSON), the properties subscriptions filter by,
// and the builders of those that are not about a mail (event-mail.ts has these).
import type {
  CloudEvent,
  EventData,
  EventService,
  EventType,
  MaloteEvent,
} from '../../../schemas/events.d.ts';
import type { ErrorCode } from '../../errors.ts';
import type { ServiceId } from '../ids.ts';

/** What a subscription's filter can name (application properties of the message). */
export type EventProperties = {
  type: EventType;
  /** Absent when the event is about no service. */
  serviceId?: string;
  /** `|g1|g2|`, so that a filter such as `groupIds LIKE '%|g1|%'` finds one; empty when the event is about no group. */
  groupIds: string;
  /** Whether it is about a mail that a machine wrote. */
  automatic: boolean;
  /** Whether it only tests that events arrive. */
  test: boolean;
};

/** An event as it is handed to the bus. Its `id` becomes the message id. */
export type OutgoingEvent<T extends EventType = EventType> = {
  event: MaloteEvent<T>;
  properties: EventProperties;
};

type Envelope<T extends EventType> = Omit<CloudEvent, 'type' | 'data' | 'dataref'> & { type: T };

/** The members of a service that every event about it carries. */
export type ServiceFacts = { id: ServiceId; name: string; discardDisabled: boolean };

/** A failure of a mailbox, as its status records it. `since` and all times are RFC 3339. */
export type FailureFacts = { code: ErrorCode; message: string; cure: string | null; since: string };

/** The service as events show it. */
export function eventService({ id, name, discardDisabled }: ServiceFacts): EventService {
  return { id, name, channel: 'email', discardDisabled };
}

/** The group ids as one property that `LIKE` can search. */
export function joinGroupIds(groupIds: string[]): string {
  return groupIds.length === 0 ? '' : `|${groupIds.join('|')}|`;
}

/** The envelope of an event, to which its data (or where it is) has to be added. */
export function envelope<T extends EventType>(
  type: T,
  { id, subject, now }: { id: string; subject?: string; now: Date },
): Envelope<T> {
  return {
    specversion: '1.0',
    id,
    // Consumers know an event by source and id (CloudEvents 1.0, 3.1.1): it stays when addresses change.
    source: 'urn:malote:mailroom',
    type,
    ...(subject !== undefined && { subject }),
    time: now.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `https://malote.example/schemas/v1/${type}.schema.json`,
  };
}

/** `service.changed`: one event per change, `changedAt` (RFC 3339, with milliseconds) telling changes apart. */
export function serviceChanged(facts: {
  service: ServiceFacts;
  change: 'created' | 'updated' | 'deleted';
  active: boolean;
  groupIds: string[];
  changedAt: string;
  now: Date;
}): OutgoingEvent<'service.changed'> {
  const { service, change, active, groupIds, changedAt, now } = facts;
  return aboutService('service.changed', service, groupIds, changedAt, now, {
    service: eventService(service),
    change,
    active,
    groupIds,
    changedAt,
  });
}

/** `service.failing`: one event for each time a mailbox starts to fail, however often it is sent. */
export function serviceFailing(facts: {
  service: ServiceFacts;
  groupIds: string[];
  failure: FailureFacts;
  now: Date;
}): OutgoingEvent<'service.failing'> {
  const { service, groupIds, failure, now } = facts;
  const { code, message, cure, since } = failure;
  return aboutService('service.failing', service, groupIds, since, now, {
    service: eventService(service),
    code,
    message,
    cure,
    since,
  });
}

/** `service.recovered`: the end of the failure that `service.failing` told of. */
export function serviceRecovered(facts: {
  service: ServiceFacts;
  groupIds: string[];
  failure: Pick<FailureFacts, 'code' | 'since'>;
  recoveredAt: string;
  now: Date;
}): OutgoingEvent<'service.recovered'> {
  const { service, groupIds, failure, recoveredAt, now } = facts;
  return aboutService('service.recovered', service, groupIds, failure.since, now, {
    service: eventService(service),
    code: failure.code,
    since: failure.since,
    recoveredAt,
  });
}

/** `test`: shows that events arrive. `id` is new for every request. */
export function testEvent(facts: { id: string; requestedBy: string; now: Date }): OutgoingEvent<'test'> {
  const { id, requestedBy, now } = facts;
  const data = { message: 'Events arrive. There is nothing to do about this one.', requestedBy };
  return {
    event: { ...envelope('test', { id, now }), data },
    properties: { type: 'test', groupIds: '', automatic: false, test: true },
  };
}

/** The id is made of what happened and when, so that a repeated send carries the same one. */
function aboutService<T extends 'service.changed' | 'service.failing' | 'service.recovered'>(
  type: T,
  service: ServiceFacts,
  groupIds: string[],
  at: string,
  now: Date,
  data: EventData[T],
): OutgoingEvent<T> {
  return {
    event: { ...envelope(type, { id: `${service.id}:${type}:${at}`, subject: service.id, now }), data },
    properties: {
      type,
      serviceId: service.id,
      groupIds: joinGroupIds(groupIds),
      automatic: false,
      test: false,
    },
  };
}
