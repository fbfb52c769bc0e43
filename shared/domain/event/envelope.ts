// What all published events have: their envelope (CloudEvents 1.0 in JSON), and the properties that subscriptions filter by.
import type { CloudEvent, EventService, EventType, MaloteEvent } from '../../../schemas/events.d.ts';
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
  /** Of an answer to a survey: whether somebody should call the customer. */
  alert?: boolean;
};

/** An event as it is handed to the bus. Its `id` becomes the message id. */
export type OutgoingEvent<T extends EventType = EventType> = {
  event: MaloteEvent<T>;
  properties: EventProperties;
};

type Envelope<T extends EventType> = Omit<CloudEvent, 'type' | 'data' | 'dataref'> & { type: T };

/** The members of a service that every event about it carries. */
export type ServiceFacts = { id: ServiceId; name: string; discardDisabled: boolean };

/** The service as events show it. */
export function eventService({ id, name, discardDisabled }: ServiceFacts): EventService {
  return { id, name, channel: 'email', discardDisabled };
}

/** The group ids as one property that `LIKE` can search. */
export function joinGroupIds(groupIds: string[]): string {
  return groupIds.length === 0 ? '' : `|${groupIds.join('|')}|`;
}

/**
 * Which deployment events come from; the bus puts its own on what it sends. Consumers know an event by source and id
 * (CloudEvents 1.0, 3.1.1): it is made of the app's name, which stays when addresses change.
 */
export function sourceOf(deployment: string): string {
  return `urn:malote:${deployment}`;
}

/** The envelope of an event, to which its data (or where it is) has to be added. */
export function envelope<T extends EventType>(
  type: T,
  { id, subject, now }: { id: string; subject?: string; now: Date },
): Envelope<T> {
  return {
    specversion: '1.0',
    id,
    source: sourceOf('mailroom'),
    type,
    ...(subject !== undefined && { subject }),
    time: now.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `https://malote.example/schemas/v1/${type}.schema.json`,
  };
}
