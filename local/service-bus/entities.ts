// What infra/entities.json says about Service Bus, with Azure's defaults filled in and anything unknown refused.

import { durationMs } from './durations.ts';

/** The `serviceBus` member of infra/entities.json. Durations are ISO 8601. */
export type ServiceBusEntities = {
  /** 256 in the Standard tier. */
  maxMessageSizeKilobytes: number;
  queues: QueueEntity[];
  topics: TopicEntity[];
};

type QueueEntity = Receiving & Sending & { name: string };

export type TopicEntity = Sending & { name: string; subscriptions: SubscriptionEntity[] };

export type SubscriptionEntity = Receiving & {
  name: string;
  /** A message enters when any rule matches. Without this member every message does. */
  rules?: RuleEntity[] | undefined;
};

export type RuleEntity = { name: string; sql: string } | { name: string; correlation: CorrelationFilter };

/** Every member given must be equal in the message, case and all. */
export type CorrelationFilter = {
  messageId?: string;
  correlationId?: string;
  label?: string;
  to?: string;
  replyTo?: string;
  contentType?: string;
  properties?: Record<string, string | number | boolean>;
};

type Receiving = {
  lockDuration?: string | undefined;
  maxDeliveryCount?: number | undefined;
  defaultMessageTimeToLive?: string | undefined;
  deadLetteringOnMessageExpiration?: boolean | undefined;
};

type Sending = {
  /** Taken, and without effect: nothing fills up here. */
  maxSizeInMegabytes?: number | undefined;
  defaultMessageTimeToLive?: string | undefined;
  requiresDuplicateDetection?: boolean | undefined;
  duplicateDetectionHistoryTimeWindow?: string | undefined;
};

/** How messages wait and are handed out: a queue or a subscription. */
export type QueueSettings = {
  lockMs: number;
  maxDeliveryCount: number;
  defaultTtlMs: number;
  deadLetterExpired: boolean;
};

/** How messages come in: a queue or a topic. */
export type TargetSettings = {
  defaultTtlMs: number;
  /** How long a message id is remembered; 0 without duplicate detection. */
  duplicateWindowMs: number;
};

const receivingMembers = [
  'lockDuration',
  'maxDeliveryCount',
  'defaultMessageTimeToLive',
  'deadLetteringOnMessageExpiration',
];
const sendingMembers = [
  'maxSizeInMegabytes',
  'defaultMessageTimeToLive',
  'requiresDuplicateDetection',
  'duplicateDetectionHistoryTimeWindow',
];

/** Throws on a member that the real Service Bus may know and this one does not: nothing passes by accident. */
export function refuseUnknownMembers(entities: ServiceBusEntities): void {
  for (const queue of entities.queues) check(queue, ['name', ...receivingMembers, ...sendingMembers]);
  for (const topic of entities.topics) {
    check(topic, ['name', 'subscriptions', ...sendingMembers]);
    for (const subscription of topic.subscriptions)
      check(subscription, ['name', 'rules', ...receivingMembers]);
  }
}

function check(entity: { name: string }, known: string[]): void {
  const unknown = Object.keys(entity).find(member => !known.includes(member));
  if (unknown) throw new Error(`"${unknown}" of "${entity.name}" is not supported by the local Service Bus`);
}

// The defaults and the limit of the lock are those of Microsoft.ServiceBus/namespaces/queues (2024-01-01).
const longestLockMs = durationMs('PT5M');

export function queueSettings(entity: Receiving & { name: string }): QueueSettings {
  const lockMs = durationMs(entity.lockDuration ?? 'PT1M');
  if (lockMs > longestLockMs) throw new Error(`lockDuration of "${entity.name}" is longer than PT5M`);
  return {
    lockMs,
    maxDeliveryCount: entity.maxDeliveryCount ?? 10,
    defaultTtlMs: lifetimeMs(entity.defaultMessageTimeToLive),
    deadLetterExpired: entity.deadLetteringOnMessageExpiration ?? false,
  };
}

/** The settings of the dead-letter queue beside it: its messages neither expire nor wear out. */
export function deadLetterSettings({ lockMs }: QueueSettings): QueueSettings {
  return { lockMs, maxDeliveryCount: Infinity, defaultTtlMs: Infinity, deadLetterExpired: false };
}

export function targetSettings(entity: Sending): TargetSettings {
  return {
    defaultTtlMs: lifetimeMs(entity.defaultMessageTimeToLive),
    duplicateWindowMs: entity.requiresDuplicateDetection
      ? durationMs(entity.duplicateDetectionHistoryTimeWindow ?? 'PT10M')
      : 0,
  };
}

function lifetimeMs(duration: string | undefined): number {
  return duration === undefined ? Infinity : durationMs(duration);
}
