// Events that only test that they arrive: what the schema of their type gives as an example, marked by the property `test`.

import type { EventData, EventType } from '../../../schemas/events.d.ts';
import mailDiscarded from '../../../schemas/mail.discarded.schema.json' with { type: 'json' };
import mailReceived from '../../../schemas/mail.received.schema.json' with { type: 'json' };
import mailRejected from '../../../schemas/mail.rejected.schema.json' with { type: 'json' };
import serviceChanged from '../../../schemas/service.changed.schema.json' with { type: 'json' };
import serviceFailing from '../../../schemas/service.failing.schema.json' with { type: 'json' };
import serviceRecovered from '../../../schemas/service.recovered.schema.json' with { type: 'json' };
import surveyAnswered from '../../../schemas/survey.answered.schema.json' with { type: 'json' };
import surveyChanged from '../../../schemas/survey.changed.schema.json' with { type: 'json' };
import surveyInvited from '../../../schemas/survey.invited.schema.json' with { type: 'json' };
import test from '../../../schemas/test.schema.json' with { type: 'json' };
import { envelope, joinGroupIds, type OutgoingEvent } from './envelope.ts';

const examples = {
  'mail.received': mailReceived.examples[0],
  // Its data are those of mail.received.
  'mail.held': mailReceived.examples[0],
  'mail.rejected': mailRejected.examples[0],
  'mail.discarded': mailDiscarded.examples[0],
  'service.changed': serviceChanged.examples[0],
  'service.failing': serviceFailing.examples[0],
  'service.recovered': serviceRecovered.examples[0],
  'survey.invited': surveyInvited.examples[0],
  'survey.answered': surveyAnswered.examples[0],
  'survey.changed': surveyChanged.examples[0],
  test: test.examples[0],
} as Record<EventType, object | undefined>;

/** All types of events. */
export const eventTypes = Object.keys(examples) as [EventType, ...EventType[]];

/** Members of examples by which consumers route. */
type Example = {
  mailKey?: string;
  service?: { id: string };
  groups?: { groupId: string }[];
  groupIds?: string[];
};

/** An event of a type with its schema's example as data; of `test` with who asked for it. */
export function testEvent<T extends EventType>(
  type: T,
  { id, requestedBy, now }: { id: string; requestedBy: string; now: Date },
): OutgoingEvent<T> {
  const example: Example = examples[type] ?? {};
  const { mailKey, service, groups = [], groupIds = groups.map(({ groupId }) => groupId) } = example;
  const subject = mailKey ?? service?.id;
  const data = { ...example, ...(type === 'test' ? { requestedBy } : {}) } as unknown as EventData[T];
  return {
    event: { ...envelope(type, { id, ...(subject === undefined ? {} : { subject }), now }), data },
    properties: {
      type,
      ...(service ? { serviceId: service.id } : {}),
      groupIds: joinGroupIds(groupIds),
      automatic: false,
      test: true,
    },
  } as OutgoingEvent<T>;
}
