// One place that can be sent to, a queue or a topic: drops repeats, keeps scheduled messages until they are due.

import { randomUUID } from 'node:crypto';
import type { Message } from 'rhea';
import type { TargetSettings } from './entities.ts';
import { decodeMessage, encodeMessage, scheduledFor, withTtlAtMost } from './message.ts';
import { messageNotFound } from './refusal.ts';
import type { MessageStore, StoredMessage } from './store.ts';

/** Lets a message in: into the queue, or into every subscription that wants it. */
type Admit = (message: Message) => number;

export class Target {
  readonly path: string;
  readonly #settings: TargetSettings;
  readonly #store: MessageStore;
  readonly #now: () => number;
  readonly #admit: Admit;

  constructor(path: string, settings: TargetSettings, store: MessageStore, now: () => number, admit: Admit) {
    this.path = path;
    this.#settings = settings;
    this.#store = store;
    this.#now = now;
    this.#admit = admit;
  }

  /** Takes all the messages or none; gives their sequence numbers, 0 for one that was dropped. */
  send(messages: Message[]): number[] {
    return this.#store.transaction(() => messages.map(message => this.#take(message)));
  }

  #take(message: Message): number {
    if (this.#isRepeat(message)) return 0;
    // The real broker names nameless messages too, and the client's lock renewal needs a name.
    const messageId = message.message_id ?? randomUUID().replaceAll('-', '');
    const limited = withTtlAtMost(message, this.#settings.defaultTtlMs).message;
    const named = { ...limited, message_id: messageId };
    const dueAt = scheduledFor(message);
    return dueAt !== undefined && dueAt > this.#now() ? this.#schedule(named, dueAt) : this.#admit(named);
  }

  #isRepeat({ message_id }: Message): boolean {
    const { duplicateWindowMs } = this.#settings;
    if (duplicateWindowMs === 0 || message_id === undefined) return false;
    const now = this.#now();
    const messageId = Buffer.isBuffer(message_id) ? message_id.toString('hex') : String(message_id);
    return !this.#store.remember(this.path, messageId, now, now + duplicateWindowMs);
  }

  #schedule(message: Message, dueAt: number): number {
    return this.#store.add({
      entity: this.path,
      state: 'scheduled',
      enqueuedAt: this.#now(),
      dueAt,
      expiresAt: null,
      deliveryCount: 0,
      lockToken: null,
      lockedUntil: null,
      content: encodeMessage(message),
    });
  }

  /** Takes back scheduled messages: all, or none when one is unknown or has entered. */
  cancelScheduled(sequenceNumbers: number[]): void {
    this.#store.transaction(() => {
      for (const sequenceNumber of sequenceNumbers) {
        const message = this.#store.find(sequenceNumber);
        if (message?.entity !== this.path || message.state !== 'scheduled') throw messageNotFound();
        this.#store.remove(sequenceNumber);
      }
    });
  }

  /** Lets a scheduled message in "as if it had been enqueued at the current instant", under a new sequence number. */
  admitDue(scheduled: StoredMessage): void {
    this.#store.remove(scheduled.sequenceNumber);
    this.#admit(decodeMessage(scheduled.content));
  }
}
