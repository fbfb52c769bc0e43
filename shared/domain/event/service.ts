// The events about a service: changed, failing, recovered.
import type { EventData } from '../../../schemas/events.d.ts';
import type { ErrorCode } from '../../errors.ts';
import { envelope, eventService, joinGroupIds, type OutgoingEvent, type ServiceFacts } from './envelope.ts';

/** A failure of a mailbox, as its status records it. `since` and all times are RFC 3339. */
export type FailureFacts = { code: ErrorCode; message: string; cure: string | null; since: string };

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
