// All queues, topics and subscriptions of the namespace, found by address; and what happens by time alone.

import type { Message } from 'rhea';
import {
  deadLetterSettings,
  type QueueSettings,
  queueSettings,
  refuseUnknownMembers,
  type ServiceBusEntities,
  type TopicEntity,
  targetSettings,
} from './entities.ts';
import { Queue } from './queue.ts';
import { notFound } from './refusal.ts';
import { compileRules } from './rules.ts';
import type { MessageStore } from './store.ts';
import { Target } from './target.ts';

export class Namespace {
  readonly maxMessageSizeBytes: number;
  readonly #store: MessageStore;
  readonly #now: () => number;
  readonly #queues = new Map<string, Queue>();
  readonly #targets = new Map<string, Target>();

  constructor(entities: ServiceBusEntities, store: MessageStore, now: () => number) {
    refuseUnknownMembers(entities);
    this.maxMessageSizeBytes = entities.maxMessageSizeKilobytes * 1024;
    this.#store = store;
    this.#now = now;
    for (const entity of entities.queues) {
      const queue = this.#addQueue(entity.name, queueSettings(entity));
      this.#addTarget(new Target(entity.name, targetSettings(entity), store, now, m => queue.enqueue(m)));
    }
    for (const entity of entities.topics) {
      const publish = this.#addSubscriptions(entity);
      this.#addTarget(new Target(entity.name, targetSettings(entity), store, now, publish));
    }
  }

  /** Where messages are received from: a queue, a subscription or a dead-letter queue. Names are without case. */
  getQueue(address: string): Queue {
    const queue = this.#queues.get(address.toLowerCase());
    if (!queue) throw notFound(address);
    return queue;
  }

  /** Where messages are sent to: a queue or a topic. */
  getTarget(address: string): Target {
    const target = this.#targets.get(address.toLowerCase());
    if (!target) throw notFound(address);
    return target;
  }

  /** Does everything whose time has come. Messages of entities no longer configured are left alone. */
  tick(): void {
    const now = this.#now();
    this.#store.transaction(() => {
      for (const message of this.#store.listDue(now)) {
        this.#targets.get(message.entity.toLowerCase())?.admitDue(message);
      }
      for (const message of this.#store.listLapsedLocks(now)) {
        this.#queues.get(message.entity.toLowerCase())?.lapse(message);
      }
      for (const message of this.#store.listExpired(now)) {
        this.#queues.get(message.entity.toLowerCase())?.expire(message);
      }
      this.#store.forgetHistory(now);
    });
  }

  /** Adds the queue and its dead-letter queue. */
  #addQueue(path: string, settings: QueueSettings): Queue {
    const deadLetterPath = `${path}/$DeadLetterQueue`;
    const dead = new Queue(deadLetterPath, deadLetterSettings(settings), this.#store, this.#now, undefined);
    const queue = new Queue(path, settings, this.#store, this.#now, dead);
    this.#queues.set(deadLetterPath.toLowerCase(), dead);
    this.#queues.set(path.toLowerCase(), queue);
    return queue;
  }

  #addTarget(target: Target): void {
    this.#targets.set(target.path.toLowerCase(), target);
  }

  /** The function that puts a copy into every subscription that wants it; with none, the message is gone. */
  #addSubscriptions(topic: TopicEntity): (message: Message) => number {
    const subscriptions = topic.subscriptions.map(entity => ({
      queue: this.#addQueue(`${topic.name}/Subscriptions/${entity.name}`, queueSettings(entity)),
      wants: compileRules(entity.rules),
    }));
    return message => {
      const wanting = subscriptions.filter(subscription => subscription.wants(message));
      return Math.max(0, ...wanting.map(subscription => subscription.queue.enqueue(message)));
    };
  }
}
